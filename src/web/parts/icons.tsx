/** The page's icons as inline SVG in the text's colour. Decorative: whoever shows one names the action in words. */
const PATHS = {
  alert: "M8 1.8 15 14H1L8 1.8ZM8 6v4M8 11.8v.2",
  arrowDown: "M8 3v10M3.5 8.5 8 13l4.5-4.5",
  chart: "M2 14h12M4 11V7M8 11V3M12 11V5.5",
  check: "m3 8.5 3.2 3.2L13 5",
  chevron: "m6 3.5 4.5 4.5L6 12.5",
  clock: "M8 4.5V8l2.5 1.5M14.2 8A6.2 6.2 0 1 1 1.8 8a6.2 6.2 0 0 1 12.4 0Z",
  close: "m4 4 8 8M12 4l-8 8",
  copy: "M5.5 5.5V2.8h7.7v7.7h-2.7M2.8 5.5h7.7v7.7H2.8z",
  data: "M2.5 4c0-1.2 2.5-2 5.5-2s5.5.8 5.5 2-2.5 2-5.5 2-5.5-.8-5.5-2Zm0 0v8c0 1.2 2.5 2 5.5 2s5.5-.8 5.5-2V4M2.5 8c0 1.2 2.5 2 5.5 2s5.5-.8 5.5-2",
  download: "M8 2.5v8M4.5 7 8 10.5 11.5 7M2.5 10.5v3h11v-3",
  edit: "m10.5 3 2.5 2.5L5.5 13 2.5 13.5 3 10.5 10.5 3Z",
  menu: "M2 4h12M2 8h12M2 12h12",
  moon: "M13.5 9.8A6 6 0 1 1 6.2 2.5a4.8 4.8 0 0 0 7.3 7.3Z",
  plus: "M8 3v10M3 8h10",
  refresh: "M13.5 3v3.5H10M13.2 6.3A5.7 5.7 0 1 0 13.7 9",
  send: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  stop: "M4 4h8v8H4z",
  sun: "M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1M11 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z",
  tool: "M9.8 6.2 3 13M13.3 4.6 11 6.9 9.1 5l2.3-2.3a3.3 3.3 0 0 0-4.3 4.2l2 2a3.3 3.3 0 0 0 4.2-4.3Z",
  trash: "M2.5 4.5h11M6 4.5V2.8h4v1.7M4 4.5l.6 9h6.8l.6-9",
  upload: "M8 10.5V2.5M4.5 6 8 2.5 11.5 6M2.5 10.5v3h11v-3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
