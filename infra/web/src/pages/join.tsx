// Joining a workspace by an invitation. Its secret stands behind the # of the address, which no server gets to see.
import { batch } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { JoinIn, JoinLookIn, JoinLookOut, SessionOut } from "../wire.d.ts";
import { Failed, session, write } from "../api.ts";
import { dayAt, dayName } from "../format.ts";
import { Field, useSend } from "../parts/form.tsx";
import { Card, Page } from "../parts/page.tsx";
import { Empty, Notice } from "../parts/region.tsx";
import { go, to } from "../router.ts";

const WHAT: Record<JoinLookOut["role"], string> = {
  viewer: "You will see everything and change nothing.",
  member: "You will see everything, begin syncs and change order settings.",
  owner: "You will be an owner: connect shops, invite people and make API keys.",
};

export function Join() {
  const secret = location.hash.slice(1);
  const [found, set] = useState<JoinLookOut | null>(null);
  const [failed, fail] = useState<Failed | null>(null);
  const [tries, retry] = useState(0);
  useEffect(() => {
    fail(null);
    write<JoinLookOut>("POST", "/join/look", { secret } satisfies JoinLookIn).then(set, (error: unknown) => {
      if (!(error instanceof Failed)) throw error;
      fail(error);
    });
  }, [secret, tries]);
  return (
    <div class="door">
      <Page title={found ? `Join ${found.workspace}` : "Join a workspace"} note={found && WHAT[found.role]}>
        <Card>
          {failed && failed.status !== 404 && <Notice kind="error"><p><b>{failed.message}</b></p><p><button type="button" onClick={() => retry(tries + 1)}>Try again</button></p></Notice>}
          {failed?.status === 404 && <Empty title="This invitation does not work." action={<a class="button" href={to(session.value ? "/" : "/sign-in")}>{session.value ? "To your workspace" : "Sign in"}</a>}>It was used, withdrawn or has ended, or its link is not complete. Ask whoever sent it for a new one.</Empty>}
          {found && !failed && (session.value ? <Elsewhere found={found} /> : <Choose found={found} secret={secret} />)}
        </Card>
      </Page>
    </div>
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
    <>
      {said}
      <p>You are signed in as <b>{session.value?.user.email}</b>. The invitation is for <b>{found.email}</b>, a new account in {found.workspace}.</p>
      <p class="actions"><button type="button" class="main" disabled={busy} onClick={() => send(null, leave)}>Sign out and go on</button><a class="button" href={to("/")}>Stay signed in</a></p>
    </>
  );
}

function Choose({ found, secret }: { found: JoinLookOut; secret: string }) {
  const { busy, wrong, said, send } = useSend();
  const [shown, show] = useState(false);
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
      <Field
        name="password" label="Password" required type={shown ? "text" : "password"} error={wrong["password"]} autoComplete="new-password" help="Twelve characters or more; a short sentence is good."
        after={<button type="button" aria-pressed={shown} onClick={() => show(!shown)}>{shown ? "Hide" : "Show"}<span class="unseen"> password</span></button>}
      />
      <button class="main" disabled={busy}>Join {found.workspace}</button>
    </form>
  );
}
