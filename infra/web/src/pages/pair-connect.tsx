// The wizard's second step in its three ways: consent at the channel, approval on one's own site, keys that are pasted.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { CheckOut, ConnectionIn, ConnectOut, KindOut } from "../wire.d.ts";
import { write } from "../api.ts";
import { counted } from "../format.ts";
import { keyFieldsOf } from "../pairing.ts";
import { Field, type Sending, useSend } from "../parts/form.tsx";
import { KeyFields, trimmed } from "../parts/key-fields.tsx";
import { ApprovalPicture, KeyPicture } from "../parts/key-pictures.tsx";
import { Card } from "../parts/page.tsx";
import { Notice } from "../parts/region.tsx";
import { path, query, to } from "../router.ts";
import { leaveFor, shopOf, siteOf, siteTrouble } from "../shop.ts";
import type { StepFrame } from "./pair.tsx";

export function Consent({ kind, attempt, change }: StepFrame) {
  const { busy, wrong, said, send } = useSend();
  const [leaving, leave] = useState(false);
  const error = query.value.get("error");

  async function connect() {
    const fields = Object.fromEntries(kind.fields.map(({ name }) => [name, shopOf(attempt.fields[name] ?? "")]));
    change({ fields });
    const { authorize_url } = await write<ConnectOut>("POST", "/connections", { kind: kind.kind, fields } satisfies ConnectionIn);
    leave(true);
    leaveFor(authorize_url ?? "");
  }
  return (
    <Card title={`Which ${kind.name} shop?`}>
      {error && <Refusal kind={kind} error={error} />}
      <form onSubmit={(event) => send(event, connect)}>
        {said}
        {kind.fields.map((field) => (
          <Field
            key={field.name} name={field.name} label={field.label} help={field.help} error={wrong[field.name]} required inputMode="url" spellcheck={false}
            autoCapitalize="none" autoComplete="off" value={attempt.fields[field.name] ?? ""}
            onInput={(event) => change({ fields: { ...attempt.fields, [field.name]: event.currentTarget.value } })}
            onBlur={(event) => change({ fields: { ...attempt.fields, [field.name]: shopOf(event.currentTarget.value) } })}
          />
        ))}
        <p class="actions">
          <button class="main" disabled={busy || leaving}>{leaving ? `Going to ${kind.name}…` : `Continue to ${kind.name}`}</button>
          <a class="button plain" href={to(path.value)}>Back</a>
        </p>
        <p class="quiet">{kind.name} asks you to allow access, and brings you back here.</p>
      </form>
    </Card>
  );
}

/** Why the way through the shop did not end in a connection. */
function Refusal({ kind, error }: { kind: KindOut; error: string }) {
  const other = query.value.get("shop");
  const texts: Record<string, string> = {
    declined: "You did not allow access, so nothing was connected. You can try again whenever you like.",
    "wrong-shop": other ? `You signed in to ${other}. To connect that one instead, enter it below.` : "You signed in to another shop than the one you named, so nothing was connected. To connect that one instead, enter it below.",
    expired: "That took longer than ten minutes, so nothing was connected. Please try again.",
    refused: `We could not finish this with ${kind.name}, so nothing was connected. Please try again; if it stays so, write to us.`,
  };
  return <Notice kind="warning"><p>{texts[error] ?? "Nothing was connected. Please try again."}</p></Notice>;
}

/** The site that is typed above serves both ways: approving there, and keys that one has already. */
export function Approve({ kind, attempt, change }: StepFrame) {
  const approving = useSend();
  const trying = useSend();
  const [leaving, leave] = useState(false);
  const site = kind.fields[0]?.name ?? "site";
  const address = attempt.fields[site] ?? "";
  const set = (name: string, value: string) => change({ fields: { ...attempt.fields, [name]: value }, found: null });

  async function approve() {
    const fields = { [site]: siteOf(address) };
    const { authorize_url } = await write<ConnectOut>("POST", "/connections", { kind: kind.kind, fields } satisfies ConnectionIn);
    leave(true);
    leaveFor(authorize_url ?? "");
  }
  return (
    <>
      <Card title={`Which ${kind.name} site?`}>
        <form onSubmit={(event) => approving.send(event, approve)}>
          {approving.said}
          {kind.fields.map(({ name, label, help }) => (
            <Field
              key={name} name={name} label={label} required inputMode="url" spellcheck={false} autoCapitalize="none" autoComplete="url" value={attempt.fields[name] ?? ""}
              error={approving.wrong[name] ?? trying.wrong[name]} help={<SiteHint text={attempt.fields[name] ?? ""} help={help} />}
              onInput={(event) => set(name, event.currentTarget.value)} onBlur={(event) => set(name, siteOf(event.currentTarget.value))}
            />
          ))}
          <p class="actions">
            <button class="main" disabled={approving.busy || leaving}>{leaving ? "Going to your site…" : "Approve on your site"}</button>
            <a class="button plain" href={to(path.value)}>Back</a>
          </p>
          <p class="quiet">Your site asks you to sign in and approve, sends us a key that can only read, and brings you back here.</p>
        </form>
        <details class="more keys" open={!!trying.said || !!attempt.found || kind.key_fields.some(({ name, secret }) => secret && attempt.fields[name])}>
          <summary>I have keys already</summary>
          <KeyForm kind={kind} attempt={attempt} change={change} sending={trying} hidden={kind.fields.map(({ name }) => name)} />
        </details>
      </Card>
      <ApprovalPicture kind={kind} />
    </>
  );
}

/** Said while one types; it never stops anybody, for the server knows better. */
function SiteHint({ text, help }: { text: string; help: string }) {
  const trouble = siteTrouble(text);
  const site = siteOf(text);
  return <span role="status">{trouble || (site.includes(".") && site !== text.trim() ? <>We read this as <b>{site}</b>.</> : help)}</span>;
}

export function Keys(frame: StepFrame) {
  const sending = useSend();
  return (
    <>
      <Card title={`Keys from ${frame.kind.name}`}><KeyForm {...frame} sending={sending} hidden={[]} /></Card>
      <KeyPicture kind={frame.kind.kind} />
    </>
  );
}

/** `hidden` fields are asked for elsewhere on the page. Whatever is changed afterwards has to be tried again. */
function KeyForm({ kind, attempt, change, sending, hidden }: StepFrame & { sending: Sending; hidden: readonly string[] }) {
  const { busy, wrong, said, send } = sending;
  const fields = keyFieldsOf(kind);
  async function check() {
    const sent = trimmed(fields, attempt.fields);
    const found = await write<CheckOut>("POST", `/kinds/${encodeURIComponent(kind.kind)}/check`, { fields: sent });
    change({ fields: { ...attempt.fields, ...sent }, found, choice: null });
  }
  return (
    <form onSubmit={(event) => send(event, check)} autocomplete="off">
      {said}
      {hidden.length > 0 && <KeyPicture kind={kind.kind} />}
      <KeyFields fields={fields.filter(({ name }) => !hidden.includes(name))} values={attempt.fields} wrong={wrong} change={(name, value) => change({ fields: { ...attempt.fields, [name]: value }, found: null })} />
      {attempt.found && <Found found={attempt.found} />}
      <p class="actions">
        {attempt.found ? <a class="button main" href={to(path.value, { step: "choose" })}>Choose what comes in</a> : <button class={hidden.length ? "" : "main"} disabled={busy}>{busy ? "Checking…" : "Check and connect"}</button>}
        {!hidden.length && <a class="button plain" href={to(path.value)}>Back</a>}
      </p>
      {!attempt.found && <p class="quiet">Nothing is connected yet by this. Keys are kept encrypted, and never shown again.</p>}
    </form>
  );
}

/** Focus comes here, for the answer stands in place of the button that asked. */
function Found({ found }: { found: CheckOut }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), [found]);
  const stores = found.stores.length > 1 ? `${counted(found.stores.length, "store")} found` : `${found.stores[0]?.name ?? found.name} found`;
  return (
    <div ref={place} tabIndex={-1} class="answer">
      <Notice kind="good"><p><b>These keys work: {stores}.</b></p></Notice>
      <Warnings of={found.warnings} />
    </div>
  );
}

export const Warnings = ({ of }: { of: readonly string[] }): ComponentChildren => of.map((text) => <Notice key={text} kind="warning"><p>{text}</p></Notice>);
