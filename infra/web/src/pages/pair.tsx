// The pairing wizard: Prepare, Connect, and the return to the connection, which is the third step.
import { useState } from "preact/hooks";
import type { AuthorizeOut, ConnectionIn, KindOut, KindsOut } from "../wire.d.ts";
import { write } from "../api.ts";
import { useLoad } from "../load.ts";
import { Field, useSend } from "../parts/form.tsx";
import { Card, Page } from "../parts/page.tsx";
import { Empty, Notice, Region } from "../parts/region.tsx";
import { leaveFor, shopOf } from "../shop.ts";
import { path, query, to } from "../router.ts";

const STEPS = ["Prepare", "Connect", "Bring in 90 days"];

export function Pair({ kind }: { kind: string }) {
  const kinds = useLoad<KindsOut>("/kinds");
  const error = query.value.get("error");
  const step = query.value.get("step") === "connect" || error ? 1 : 0;
  return (
    <Region of={kinds} what="this channel" rows={3}>
      {({ items }) => {
        const found = items.find((one) => one.kind === kind);
        if (!found) return <Page title="Connect"><Card><Empty title="There is no such channel." action={<a class="button" href={to("/connections")}>See all channels</a>} /></Card></Page>;
        return (
          <Page title={`Connect ${found.name}`} crumb={<><a href={to("/connections")}>Connections</a> / <span>Connect {found.name}</span></>}>
            <div class="wizard">
              <ol class="steps">{STEPS.map((name, at) => <li key={name} {...(at === step ? { "aria-current": "step" as const } : {})} class={at < step ? "past" : ""}>{name}</li>)}</ol>
              {step === 0 ? <Prepare kind={found} /> : <Connect kind={found} error={error} />}
            </div>
          </Page>
        );
      }}
    </Region>
  );
}

const Prepare = ({ kind }: { kind: KindOut }) => (
  <Card title="Before we start">
    <dl class="facts">
      <dt>What we read</dt><dd>Orders: what was sold, refunded, paid and shipped. No customer's name or address is kept.</dd>
      <dt>What we never do</dt><dd>We change nothing in your shop.</dd>
      <dt>Who can do this</dt><dd>Whoever may install apps in {kind.name}: its owner, or staff with that permission.</dd>
      <dt>How long it takes</dt><dd>A minute here; the last 90 days then come in by themselves, usually in 15 to 30 minutes.</dd>
    </dl>
    <p class="actions"><a class="button main" href={to(path.value, { step: "connect" })}>Go on</a> <a class="button plain" href={to("/connections")}>Not now</a></p>
  </Card>
);

function Connect({ kind, error }: { kind: KindOut; error: string | null }) {
  const { busy, wrong, said, send } = useSend();
  const [leaving, leave] = useState(false);
  const remembered = (name: string) => sessionStorage.getItem(`pair ${kind.kind} ${name}`) ?? "";

  async function connect(form: FormData) {
    const fields = Object.fromEntries(kind.fields.map(({ name }) => [name, shopOf(String(form.get(name) ?? ""))]));
    for (const [name, value] of Object.entries(fields)) sessionStorage.setItem(`pair ${kind.kind} ${name}`, value);
    const { authorize_url } = await write<AuthorizeOut>("POST", "/connections", { kind: kind.kind, fields } satisfies ConnectionIn);
    leave(true);
    leaveFor(authorize_url);
  }
  return (
    <Card title={`Which ${kind.name} shop?`}>
      {error && <Refusal kind={kind} error={error} />}
      <form onSubmit={(event) => send(event, () => connect(new FormData(event.currentTarget)))}>
        {said}
        {kind.fields.map((field) => (
          <Field
            key={field.name} name={field.name} label={field.label} help={field.help} error={wrong[field.name]} required inputMode="url" spellcheck={false}
            autoCapitalize="none" autoComplete="off" defaultValue={remembered(field.name)}
            onBlur={(event) => (event.currentTarget.value = shopOf(event.currentTarget.value))}
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
    refused: `The answer that came back was not one we can trust from ${kind.name}, so nothing was connected. Please try again.`,
  };
  return <Notice kind="warning"><p>{texts[error] ?? "Nothing was connected. Please try again."}</p></Notice>;
}
