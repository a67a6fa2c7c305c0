// Getting access again, in the way of the kind: signing in there, approving on one's site, or giving new keys in place.
import type { ConnectionOut, ConnectOut, KindOut, KindsOut } from "../wire.d.ts";
import { session, write } from "../api.ts";
import { useKept } from "../kept.ts";
import { look } from "../live.ts";
import { useLoad } from "../load.ts";
import { keyFieldsOf } from "../pairing.ts";
import { to } from "../router.ts";
import { leaveFor } from "../shop.ts";
import { useSend } from "./form.tsx";
import { KeyFields, trimmed } from "./key-fields.tsx";
import { KeyPicture } from "./key-pictures.tsx";
import { Card } from "./page.tsx";
import { Region } from "./region.tsx";
import { spokenKind } from "./strip.tsx";
import { ConnectionTag } from "./tag.tsx";
import { say } from "./toast.tsx";

const AT = (id: string) => `/connections/${encodeURIComponent(id)}`;
const TITLES: Record<KindOut["auth"], string> = { oauth: "Sign-in", approve: "Approval on your site", key: "Keys" };

type Frame = { connection: ConnectionOut; again: () => void };

export function Reconnect({ connection, again }: Frame) {
  const kinds = useLoad<KindsOut>("/kinds");
  const auth = kinds.data?.items.find(({ kind }) => kind === connection.kind)?.auth ?? "oauth";
  return (
    <Card title={TITLES[auth]} side={<ConnectionTag state={connection.state} />}>
      <Region of={kinds} what="how it is connected" rows={2}>
        {({ items }) => {
          const kind = items.find((one) => one.kind === connection.kind);
          if (kind?.auth === "key") return <NewKeys kind={kind} connection={connection} again={again} />;
          if (kind?.auth === "approve") return <ApproveAgain kind={kind} connection={connection} again={again} />;
          return <SignInThere connection={connection} />;
        }}
      </Region>
    </Card>
  );
}

/** Asks to be led to the channel or site, and goes there. */
function useLeading(connection: ConnectionOut) {
  const sending = useSend();
  const lead = () => sending.send(null, async () => leaveFor((await write<ConnectOut>("POST", `${AT(connection.id)}/reconnect`)).authorize_url ?? ""));
  return { ...sending, lead };
}

function SignInThere({ connection }: { connection: ConnectionOut }) {
  const { busy, said, lead } = useLeading(connection);
  const kind = spokenKind(connection.kind);
  return (
    <div class="stack">
      {said}
      <p class="quiet">{kind} lets Daybook read orders and change nothing. Sign in again when {kind} asks for it, or after somebody else has taken over the shop; figures and settings stay.</p>
      <p class="actions"><button type="button" disabled={busy} onClick={lead}>Sign in to {kind} again</button></p>
    </div>
  );
}

function ApproveAgain({ kind, connection, again }: Frame & { kind: KindOut }) {
  const { busy, said, lead } = useLeading(connection);
  return (
    <div class="stack">
      {said}
      <p class="quiet">Your site at {connection.domain} gave Daybook a key that can only read. Approve again when it was revoked there; figures and settings stay.</p>
      <p class="actions"><button type="button" disabled={busy} onClick={lead}>Approve on your site again</button></p>
      <details class="more">
        <summary>I have keys already</summary>
        <NewKeys kind={kind} connection={connection} again={again} />
      </details>
    </div>
  );
}

/** Only what has to be given anew: what is optional stays as it was chosen, and the site is the one that is connected. */
function NewKeys({ kind, connection, again }: Frame & { kind: KindOut }) {
  const { busy, wrong, said, send } = useSend();
  const [values, set] = useKept<Record<string, string>>(`keys of ${connection.id}`, {});
  const fields = keyFieldsOf(kind).filter(({ required }) => required);
  const given = { ...Object.fromEntries(fields.filter(({ secret }) => !secret).map(({ name }) => [name, name === "site" ? siteOfDomain(connection.domain) : ""])), ...values };

  async function replace() {
    await write<ConnectOut>("POST", `${AT(connection.id)}/reconnect`, { fields: trimmed(fields, given) });
    set({});
    say("The new keys work. What was missed comes in by itself.");
    look();
    again();
  }
  return (
    <form onSubmit={(event) => send(event, replace)} autocomplete="off">
      {said}
      <p class="quiet">New keys take the place of those we have, and have to open the same account; figures and settings stay. Keys are kept encrypted, and never shown again.</p>
      <KeyFields fields={fields} values={given} wrong={wrong} change={(name, value) => set({ ...values, [name]: value })} />
      <p class="actions"><button disabled={busy || fields.some(({ name }) => !given[name]?.trim())}>{busy ? "Checking…" : "Check and replace"}</button></p>
      <KeyPicture kind={kind.kind} />
    </form>
  );
}

const siteOfDomain = (domain: string): string => (domain.includes("://") ? domain : `https://${domain}`);

/** The same, short: what stands above a connection that lost its access. Keys are asked for on its Access tab. */
export function AccessLost({ connection, kind }: { connection: ConnectionOut; kind: KindOut | undefined }) {
  const { busy, said, lead } = useLeading(connection);
  if (session.value?.user.role === "viewer") return null;
  if (kind?.auth === "key") return <p><a class="button main" href={to(`${AT(connection.id)}/access`)}>Give new keys</a></p>;
  return <>{said}<p><button type="button" class="main" disabled={busy} onClick={lead}>{kind?.auth === "approve" ? "Approve again" : "Sign in again"}</button></p></>;
}
