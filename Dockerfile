# The server on the official Node image, as a user without rights.
FROM node:26-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npm prune --omit=dev

FROM node:26-slim
WORKDIR /app
COPY --from=build --chown=node:node /app ./
USER node
EXPOSE 8787
CMD ["node", "src/app/cli.ts", "serve"]
