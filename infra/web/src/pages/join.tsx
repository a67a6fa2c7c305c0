// Joining a workspace by an invitation. Its secret stands behind the # of the address, which no server gets to see.
import { batch } from "@preact/signals";
import type { JoinIn, JoinLookIn, JoinLookOut, SessionOut } from "../wire.d.ts";
import { session, write } from "../api.ts";
import { dayAt, dayName } from "../format.ts";
import { useLoad } from "../load.ts";
import { Door } from "../parts/door.tsx";
import { Field, Secret, useSend } from "../parts/form.tsx";
import { Card, Page } from "../parts/page.tsx";
import { Empty, Region } from "../parts/region.tsx";
import { go, to } from "../router.ts";
import { PASSWORD_HELP } from "./enter.tsx";

const WHAT: Record<JoinLookOut["role"], string> = {
  viewer: "You will see everything and change nothing.",
  member: "You will see everything, begin syncs and change order settings.",
  owner: "You will be an owner: connect shops, invite people and make API keys.",
};

const lookAt = (secret: string) => write<JoinLookOut>("POST", "/join/look", { secret } satisfies JoinLookIn);

export function Join() {
  const secret = location.hash.slice(1);
  const found = useLoad<JoinLookOut>(secret, 0, lookAt);
  const gone = found.failed?.status === 404;
  return (
    <Door>
      <Page title={found.data ? `Join ${found.data.workspace}` : "Join a workspace"} note={found.data && WHAT[found.data.role]}>
        <Card>
          {gone ? (
            <Empty title="This invitation does not work." action={<a class="button" href={to(session.value ? "/" : "/sign-in")}>{session.value ? "To your workspace" : "Sign in"}</a>}>It was used, withdrawn or has ended, or its link is not complete. Ask whoever sent it for a new one.</Empty>
          ) : (
            <Region of={found} what="the invitation" rows={3}>{(data) => (session.value ? <Elsewhere found={data} /> : <Choose found={data} secret={secret} />)}</Region>
          )}
        </Card>
      </Page>
    </Door>
  );
}

/** Whoever is signed in has an account, and an account belongs to one workspace. */
function Elsewhere({ found }: { found: JoinLookOut }) {
  const { busy, said, send } = useSend();
  async function leave() {
    await write("DELETE", "/session");
    session.value = null;
  }
  return (
    <div class="stack">
      {said}
      <p>You are signed in as <b>{session.value?.user.email}</b>. The invitation is for <b>{found.email}</b>, a new account in {found.workspace}.</p>
      <p class="actions"><button type="button" class="main" disabled={busy} onClick={() => send(null, leave)}>Sign out and go on</button><a class="button" href={to("/")}>Stay signed in</a></p>
    </div>
  );
}

function Choose({ found, secret }: { found: JoinLookOut; secret: string }) {
  const { busy, wrong, said, send } = useSend();
  async function join(form: FormData) {
    const password = String(form.get("password") ?? "");
    const begun = await write<SessionOut>("POST", "/join", { secret, password } satisfies JoinIn);
    batch(() => {
      session.value = begun;
      go(to("/"), { replace: true }); // with the secret gone from the address
    });
  }
  return (
    <form method="post" onSubmit={(event) => send(event, () => join(new FormData(event.currentTarget)))}>
      {said}
      <p class="quiet">{found.made_by ?? "An owner"} invited you. The link works once, until {dayName(dayAt(new Date(found.ends_at), "UTC"), "year")}.</p>
      <Field name="email" label="Email" type="email" value={found.email} readOnly autoComplete="username" />
      <Secret name="password" label="Password" required error={wrong["password"]} autoComplete="new-password" help={PASSWORD_HELP} />
      <button class="main" disabled={busy}>Join {found.workspace}</button>
    </form>
  );
}
