// Line icons, 20 x 20, drawn with the colour of their text. They never carry meaning alone.
const PATHS = {
  search: "M9 3.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM13 13l4 4",
  plug: "M7 2.500v4M13 2.500v4M4.5 6.500h11v2.500a5.5 5.5 0 0 1-11 0ZM10 14.500v3",
  down: "m5.5 8 4.5 4.500L14.5 8",
  home: "M3 9.5 10 3.500l7 6M5 8v8.500h10V8",
  receipt: "M5 2.500h10v15l-2.5-1.5-2.5 1.5-2.5-1.500L5 17.500ZM7.5 6.500h5M7.5 10h5",
  clock: "M10 2.500a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM10 6v4l2.5 2",
  again: "M16.5 8A7 7 0 0 0 4 6M3.5 12A7 7 0 0 0 16 14M4 2.500V6h3.500M16 17.500V14h-3.5",
  info: "M10 2.500a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM10 9v4.500M10 6.500v.1",
  warning: "M10 3 2.5 16.500h15ZM10 8v4M10 14.300v.1",
  error: "M6.8 2.500h6.400l4.3 4.300v6.400l-4.3 4.300H6.800l-4.3-4.300V6.800ZM10 6v5M10 13.800v.1",
  page: "M5 2.500h7l3.500 3.500v11.500h-10.500ZM12 2.500v3.500h3.500M8 10h5M8 13.500h5",
  key: "M13 3a4 4 0 1 0-3.700 5.500L3 14.800V17h3v-2h2v-2h2v-2l1.500-1.500A4 4 0 0 0 13 3Z",
  calendar: "M3.5 4.500h13v12h-13ZM3.5 8.500h13M7 2.500v3.500M13 2.500v3.500",
  chart: "M3 16.500h14M5.5 16.500v-6M10 16.500v-12M14.5 16.500v-8.500",
  save: "M10 3v9.500M6 9l4 4 4-4M3.5 16.500h13",
  print: "M6 7V3h8v4M6 14H3.500V7h13v7H14M6 11.500h8v5.500H6Z",
  check: "m4 10.5 4 4 8-9",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg class="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true">
    <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
  </svg>
);
