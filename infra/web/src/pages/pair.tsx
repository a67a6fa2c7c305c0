// The pairing wizard: Prepare, Connect and Choose, each at its own address. What was typed is kept between them.
import type { KindOut, KindsOut } from "../wire.d.ts";
import { useLoad } from "../load.ts";
import { type Attempt, useAttempt } from "../pairing.ts";
import { Card, Page, Whole } from "../parts/page.tsx";
import { Empty } from "../parts/region.tsx";
import { path, query, to } from "../router.ts";
import { Choose } from "./pair-choose.tsx";
import { Approve, Consent, Keys } from "./pair-connect.tsx";
import { Finish } from "./pair-finish.tsx";

const UP = <a href={to("/connections")}>Connections</a>;

/** One step of a kind's wizard: the attempt so far, and how it changes. */
export type StepFrame = { kind: KindOut; attempt: Attempt; change: (part: Partial<Attempt>) => void };

export function Pair({ kind }: { kind: string }) {
  const kinds = useLoad<KindsOut>("/kinds");
  return (
    <Whole of={kinds} what="this channel" title="Connect" crumb={UP}>
      {({ items }) => {
        const found = items.find((one) => one.kind === kind);
        return found ? <Wizard kind={found} /> : <Page title="Connect"><Card><Empty title="There is no such channel." action={<a class="button" href={to("/connections")}>See all channels</a>} /></Card></Page>;
      }}
    </Whole>
  );
}

/** Choosing needs keys that were tried; without them, say after a reload, one is asked for them again. */
function stepAt({ found }: Attempt): 0 | 1 | 2 {
  const step = query.value.get("step");
  if (step === "choose" && found) return 2;
  return step || query.value.has("error") || query.value.has("pairing") ? 1 : 0;
}

function Wizard({ kind }: { kind: KindOut }) {
  const [attempt, change] = useAttempt(kind);
  const step = stepAt(attempt);
  const names = ["Prepare", "Connect", kind.auth === "key" || attempt.found ? "Choose" : "Bring in 90 days"];
  const frame = { kind, attempt, change };
  const Ways = { oauth: Consent, approve: query.value.has("pairing") ? Finish : Approve, key: Keys }[kind.auth];
  return (
    <Page title={`Connect ${kind.name}`} crumb={<>{UP} / <span>Connect {kind.name}</span></>}>
      <div class="wizard">
        <nav aria-label="Steps"><ol class="steps">{names.map((name, at) => <li key={at} {...(at === step ? { "aria-current": "step" as const } : {})} class={at < step ? "past" : ""}>{at < step ? <a href={addressOf(at)}>{name}</a> : name}</li>)}</ol></nav>
        {step === 0 ? <Prepare kind={kind} /> : step === 1 ? <Ways {...frame} /> : <Choose {...frame} />}
      </div>
    </Page>
  );
}

const addressOf = (step: number): string => to(path.value, { step: step ? "connect" : null });

/** Who can pair, and how long it takes, by the way that it is done. */
const WHO: Record<KindOut["auth"], (name: string) => readonly [who: string, long: string]> = {
  oauth: (name) => [`Whoever may install apps in ${name}: its owner, or staff with that permission.`, "A minute here"],
  approve: () => ["Whoever may manage the shop on your site: its administrator, or a shop manager.", "Two minutes here and on your site"],
  key: (name) => [`Whoever can see the API settings of ${name}: mostly its account owner or an administrator.`, "Three minutes: you copy two keys from there"],
};

function Prepare({ kind }: { kind: KindOut }) {
  const [who, long] = WHO[kind.auth](kind.name);
  return (
    <Card title="Before we start">
      <dl class="facts">
        <dt>What we read</dt><dd>Orders: what was sold, refunded, paid and shipped. No customer's name or address is kept.</dd>
        <dt>What we never do</dt><dd>We change nothing in your shop.</dd>
        <dt>Who can do this</dt><dd>{who}</dd>
        <dt>How long it takes</dt><dd>{long}; the last 90 days then come in by themselves, usually in 15 to 30 minutes.</dd>
      </dl>
      <p class="actions"><a class="button main" href={addressOf(1)}>Go on</a> <a class="button plain" href={to("/connections")}>Not now</a></p>
    </Card>
  );
}
