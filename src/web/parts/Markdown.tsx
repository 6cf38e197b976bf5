/**
 * Markdown from the server, rendered with care: no raw HTML, links to http(s) only, images named but never loaded, tables in a
 * scrolling region. Text that is still being written is split into blocks, so that a further piece renders the last one only.
 */
import { memo } from "react";
import ReactMarkdown from "react-markdown";
import type { Components } from "react-markdown";
import remarkGfm from "remark-gfm";

/** The address of a link when it is http(s), else none. */
export function safeUrl(url: string): string {
  return /^https?:\/\//i.test(url) ? url : "";
}

const components: Components = {
  a: ({ href, children }) =>
    href ? (
      <a href={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
  img: ({ alt }) => <span className="muted">[image: {alt || "unnamed"}]</span>,
  table: ({ children }) => (
    <div className="scroll-x" role="region" aria-label="Table" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};
const plugins = [remarkGfm];

/** One piece of Markdown; renders again only when its text is another one. */
export const Markdown = memo(function Markdown(props: {
  readonly text: string;
}) {
  return (
    <div className="prose">
      <ReactMarkdown
        skipHtml
        remarkPlugins={plugins}
        urlTransform={safeUrl}
        components={components}
      >
        {props.text}
      </ReactMarkdown>
    </div>
  );
});

/** Markdown that is still growing at its end. */
export function GrowingMarkdown({ text }: { readonly text: string }) {
  return splitBlocks(text).map((block, i) => <Markdown key={i} text={block} />);
}

/** Blocks at blank lines, but never inside a code fence. Joined by a blank line they are the text again. */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let isFenced = false;
  for (const part of text.split("\n\n")) {
    const last = blocks.length - 1;
    if (isFenced) blocks[last] = `${blocks[last]}\n\n${part}`;
    else blocks.push(part);
    const fences = part.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0;
    if (fences % 2 === 1) isFenced = !isFenced;
  }
  return blocks;
}
