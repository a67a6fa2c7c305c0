// API keys: how programs come in. A key's text is shown once, when it is made.
import { useState } from "preact/hooks";
import type { ApiKeyIn, ApiKeyMadeOut, ApiKeyOut, ApiKeysOut } from "../wire.d.ts";
import { session, write } from "../api.ts";
import { dayAt, dayName } from "../format.ts";
import { useKept } from "../kept.ts";
import { useLoad } from "../load.ts";
import { Changes } from "../parts/changes.tsx";
import { Field, useSend } from "../parts/form.tsx";
import { Once } from "../parts/once.tsx";
import { Card, homeZone, Page } from "../parts/page.tsx";
import { Empty, Notice, Region } from "../parts/region.tsx";
import { Tag } from "../parts/tag.tsx";
import { say } from "../parts/toast.tsx";
import { to } from "../router.ts";

const SCOPES: Record<ApiKeyOut["scope"], readonly [name: string, what: string]> = {
  read: ["Read", "Reads all that a viewer sees. Changes nothing."],
  write: ["Read and write", "Does what a member may: begin syncs, change order settings, rename connections."],
};
const TERMS: readonly (readonly [days: number, name: string])[] = [[30, "30 days"], [90, "90 days"], [365, "A year"]];

const dayOf = (instant: string): string => dayName(dayAt(new Date(instant), homeZone()), "year");

export function Keys() {
  const owner = session.value?.user.role === "owner";
  return (
    <Page title="API keys" note="For programs that read or write this workspace through the API.">
      {owner ? <OfOwner /> : <Notice kind="info"><p>Only owners of the workspace make and see API keys.</p></Notice>}
    </Page>
  );
}

function OfOwner() {
  const keys = useLoad<ApiKeysOut>("/keys");
  const [made, show] = useState<{ name: string; key: ApiKeyMadeOut } | null>(null);
  return (
    <div class="columns settings">
      <div>
        {made && (
          <Once title={`The key “${made.name}”, shown this once`} text={made.key.key} onDone={() => show(null)}>
            Keep it where your program finds it, and nobody else does. It works until {dayOf(made.key.ends_at)}. Requests carry it as <code>Authorization: Bearer …</code>
          </Once>
        )}
        <Make onMade={(name, key) => (show({ name, key }), keys.again())} />
        <Card title="Keys">
          <Region of={keys} what="the keys" rows={3}>
            {({ items }) => (items.length ? <ul class="listing">{items.map((key) => <Entry key={key.id} of={key} again={keys.again} />)}</ul> : <Empty title="No keys yet.">A key lets a program in without anybody's password. What the API offers is described at <a href={to("/v1/openapi.json")} target="_blank">/v1/openapi.json</a>.</Empty>)}
          </Region>
        </Card>
      </div>
      <aside aria-label="History of access"><Changes of="/people" title="Who let whom in" zone={homeZone()} version={keys.data} /></aside>
    </div>
  );
}

function Make({ onMade }: { onMade: (name: string, key: ApiKeyMadeOut) => void }) {
  const [draft, set] = useKept<Required<ApiKeyIn>>("key", { name: "", scope: "read", days: 365 });
  const { busy, wrong, said, send } = useSend();
  const change = (part: Partial<ApiKeyIn>) => set({ ...draft, ...part });
  async function make() {
    const key = await write<ApiKeyMadeOut>("POST", "/keys", { ...draft, name: draft.name.trim() } satisfies ApiKeyIn);
    onMade(draft.name.trim(), key);
    change({ name: "" });
  }
  return (
    <Card title="New key">
      <form onSubmit={(event) => send(event, make)}>
        {said}
        <div class="pairs-of-fields">
          <Field name="name" label="Name" required maxLength={80} value={draft.name} error={wrong["name"]} autoComplete="off" help="What the program does, so that you know it later." onInput={(event) => change({ name: event.currentTarget.value })} />
          <div class="field">
            <label for="days">Works for</label>
            <select id="days" value={String(draft.days)} onChange={(event) => change({ days: Number(event.currentTarget.value) })}>
              {TERMS.map(([days, name]) => <option key={days} value={String(days)}>{name}</option>)}
            </select>
          </div>
        </div>
        <fieldset class="choices two-choices">
          <legend class="unseen">What it may do</legend>
          {Object.entries(SCOPES).map(([scope, [name, what]]) => (
            <div key={scope} class={`choice ${draft.scope === scope ? "chosen" : ""}`}>
              <label>
                <input type="radio" name="scope" checked={draft.scope === scope} aria-describedby={`scope-${scope}`} onChange={() => change({ scope: scope as ApiKeyIn["scope"] })} />
                <b>{name}</b>
                <span class="quiet" id={`scope-${scope}`}>{what}</span>
              </label>
            </div>
          ))}
        </fieldset>
        <p class="quiet">No key connects or parts from a shop, sees people or keys, or changes the workspace.</p>
        <p class="actions"><button class="main" disabled={busy}>Make the key</button></p>
      </form>
    </Card>
  );
}

function Entry({ of: key, again }: { of: ApiKeyOut; again: () => void }) {
  const [asked, ask] = useState(false);
  const { busy, said, send } = useSend();
  async function revoke() {
    await write("DELETE", `/keys/${encodeURIComponent(key.id)}`);
    say(`The key “${key.name}” is revoked.`);
    again();
  }
  return (
    <li>
      <div>
        <p class="row"><b>{key.name}</b> <Tag tone="plain">{SCOPES[key.scope][0]}</Tag> {key.state === "ended" && <Tag tone="warning">Ended</Tag>}{key.state === "stopped" && <Tag tone="warning">Stopped</Tag>}</p>
        <p class="quiet">{lifeOf(key)}</p>
      </div>
      <p class="actions">
        {asked ? <><button type="button" class="danger" disabled={busy} onClick={() => send(null, revoke)}>Revoke now<span class="unseen"> {key.name}</span></button><button type="button" class="plain" onClick={() => ask(false)}>Keep</button></> : <button type="button" onClick={() => ask(true)}>Revoke<span class="unseen"> {key.name}</span></button>}
      </p>
      {asked && <p class="quiet wide-row" role="status">Programs that use it are refused from that moment. It cannot be brought back.</p>}
      {said && <div class="wide-row">{said}</div>}
    </li>
  );
}

function lifeOf(key: ApiKeyOut): string {
  const made = `Made ${dayOf(key.made_at)} by ${key.made_by ?? "somebody who is gone: it stopped with them"}`;
  const used = key.used_on ? `last used ${dayName(key.used_on, "year")}` : "not used yet";
  return `${made} · ${used} · ${key.state === "ended" ? "ended" : "works until"} ${dayOf(key.ends_at)}`;
}
