// Where keys are found on the channel's own pages, drawn by us: a window, the way through its menus, and the fields with a ring.
import type { ComponentChild } from "preact";
import type { KindOut } from "../wire.d.ts";

type Where = { path: readonly string[]; menu: readonly string[]; at: number; fields: readonly string[]; note: string };

const WHERE: Record<string, Where> = {
  shipstation: {
    path: ["Settings", "Account", "API Settings"],
    menu: ["Account", "Users", "API Settings", "Billing"],
    at: 2,
    fields: ["API Key", "API Secret"],
    note: "If you may choose a version, take V1: it has a key and a secret. Use the keys that are there; making new ones may turn the old ones off.",
  },
  woocommerce: {
    path: ["WooCommerce", "Settings", "Advanced", "REST API", "Add key"],
    menu: ["Orders", "Customers", "Settings", "Status"],
    at: 2,
    fields: ["Consumer key", "Consumer secret"],
    note: "As permissions choose Read: we take no key that could change your shop. Your site shows the secret only once.",
  },
};

/** Nothing for a kind that we have no picture of: the help at its fields has to do. */
export function KeyPicture({ kind }: { kind: string }) {
  const where = WHERE[kind];
  if (!where) return null;
  return (
    <figure class="where">
      <Frame>
        {where.menu.map((item, at) => (
          <g key={item}>
            {at === where.at && <rect class="pick" x="6" y={41 + at * 26} width="92" height="20" rx="4" />}
            <text class={at === where.at ? "picked" : "dull"} x="13" y={55 + at * 26}>{item}</text>
          </g>
        ))}
        {where.fields.map((field, at) => (
          <g key={field}>
            <text x="114" y={53 + at * 54}>{field}</text>
            <rect class="box ring" x="114" y={60 + at * 54} width="170" height="24" rx="5" />
            {Array.from({ length: 14 }, (_, dot) => <circle key={dot} class="ink" cx={126 + dot * 8} cy={72 + at * 54} r="2" />)}
            <rect class="line" x="254" y={68 + at * 54} width="20" height="8" rx="2" />
          </g>
        ))}
      </Frame>
      <figcaption>
        <b>Where to find them</b>
        <span class="way">{where.path.map((part) => <span key={part}>{part}</span>)}</span>
        <span class="quiet">{where.note}</span>
      </figcaption>
    </figure>
  );
}

/** The page on which the merchant approves, so that it is known when it comes. */
export const ApprovalPicture = ({ kind }: { kind: KindOut }) => (
  <figure class="where">
    <Frame>
      <rect class="box" x="66" y="36" width="188" height="112" rx="8" />
      <rect class="full" x="84" y="50" width="18" height="18" rx="4" />
      <path class="join" d="M108 59h14" />
      <rect class="soft" x="128" y="50" width="18" height="18" rx="4" />
      <rect class="line" x="84" y="80" width="132" height="6" rx="3" />
      <rect class="line" x="84" y="92" width="96" height="6" rx="3" />
      <rect class="full ring" x="84" y="112" width="74" height="24" rx="5" />
      <text class="on" x="121" y="128" text-anchor="middle">Approve</text>
      <text class="dull" x="190" y="128" text-anchor="middle">Deny</text>
    </Frame>
    <figcaption>
      <b>What you see next</b>
      <span class="quiet">Your site's own page names Daybook, and what we may read. Approve there, signed in as one who manages the shop; the address bar shows your site, and no password of {kind.name} is ever asked here.</span>
    </figcaption>
  </figure>
);

const Frame = ({ children }: { children: ComponentChild }) => (
  <svg class="screen" viewBox="0 0 300 164" aria-hidden="true">
    <rect class="paper" x=".5" y=".5" width="299" height="163" rx="9" />
    <path class="rule" d="M0 24h300" />
    {[12, 22, 32].map((x) => <circle key={x} class="dot" cx={x} cy="12" r="3" />)}
    <rect class="line" x="52" y="8" width="120" height="8" rx="4" />
    {children}
  </svg>
);
