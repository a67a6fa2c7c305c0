// Tabs are addresses: each leads to a view of the same thing.
export type TabOf = readonly [name: string, word: string, url: string];

export const Tabs = ({ label, tabs, at }: { label: string; tabs: readonly TabOf[]; at: string }) => (
  <nav class="tabs" aria-label={label}>
    {tabs.map(([name, word, url]) => <a key={name} href={url} {...(name === at ? { "aria-current": "page" as const } : {})}>{word}</a>)}
  </nav>
);
