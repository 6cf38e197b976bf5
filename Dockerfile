# The server on the official Node image, as a user without rights. Only what it runs on gets into the image: no tests, no tools.
FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# The page and the empty database, then without what only building needed.
RUN node src/app/build.ts && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/machines ./machines
COPY --from=build /app/src ./src
ENV DATA_DIR=/data
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 8787
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 8787}/health/live`).then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
# No npm and no shell between: SIGTERM reaches the server, which drains.
CMD ["node", "src/app/cli.ts", "serve"]
