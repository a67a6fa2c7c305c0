// The people of a workspace: their roles, inviting others, and letting somebody go.
import { useState } from "preact/hooks";
import type { InvitationIn, InvitationMadeOut, InvitationOut, InvitationsOut, PeopleOut, PersonOut } from "../wire.d.ts";
import { session, write } from "../api.ts";
import { dayAt, dayName } from "../format.ts";
import { useKept } from "../kept.ts";
import { useLoad } from "../load.ts";
import { Field, useSend } from "./form.tsx";
import { Once } from "./once.tsx";
import { Card, homeZone } from "./page.tsx";
import { Region } from "./region.tsx";
import { Tag } from "./tag.tsx";
import { say } from "./toast.tsx";

type Role = PersonOut["role"];
const ROLES: Record<Role, readonly [name: string, what: string]> = {
  viewer: ["Viewer", "sees everything, changes nothing"],
  member: ["Member", "also begins syncs and changes order settings"],
  owner: ["Owner", "also connects shops, invites people and makes API keys"],
};
const aRole = (role: Role): string => (role === "owner" ? "an owner" : `a ${role}`);
const dayOf = (instant: string): string => dayName(dayAt(new Date(instant), homeZone()), "year");

export function People({ onMoved }: { onMoved: () => void }) {
  const owner = session.value?.user.role === "owner";
  const people = useLoad<PeopleOut>("/people");
  const invitations = useLoad<InvitationsOut>(owner ? "/invitations" : null);
  const moved = () => (people.again(), invitations.again(), onMoved());
  return (
    <>
      <Card title="People">
        <Region of={people} what="the people" rows={2}>
          {({ items }) => <ul class="listing">{items.map((person) => <Entry key={person.id} person={person} moved={moved} />)}</ul>}
        </Region>
        <p class="quiet" id="roles-help">{Object.values(ROLES).map(([name, what]) => `${name}: ${what}`).join(". ")}.</p>
      </Card>
      {owner && <Invite moved={moved} />}
      {owner && !!invitations.data?.items.length && (
        <Card title="Open invitations">
          <ul class="listing">{invitations.data.items.map((one) => <Open key={one.id} of={one} moved={moved} />)}</ul>
        </Card>
      )}
    </>
  );
}

function Entry({ person, moved }: { person: PersonOut; moved: () => void }) {
  const owner = session.value?.user.role === "owner";
  const [asked, ask] = useState<Role | "remove" | null>(null);
  const { busy, said, send, clear } = useSend();
  const at = `/people/${encodeURIComponent(person.id)}`;
  async function turn(role: Role, undo?: () => Promise<void>) {
    await write("PATCH", at, { role });
    say(`${person.email} is ${aRole(role)} now.`, undo);
    ask(null);
    moved();
  }
  const stop = () => (ask(null), clear());
  return (
    <li>
      <p><b>{person.email}</b>{person.you && <span class="quiet"> · you</span>}</p>
      {owner ? (
        <div class="actions">
          <select aria-label={`Role of ${person.email}`} aria-describedby="roles-help" value={asked && asked !== "remove" ? asked : person.role} disabled={busy} onChange={(event) => ask(event.currentTarget.value === person.role ? null : (event.currentTarget.value as Role))}>
            {Object.entries(ROLES).map(([role, [name]]) => <option key={role} value={role}>{name}</option>)}
          </select>
          <button type="button" class="plain" onClick={() => ask("remove")}>Remove<span class="unseen"> {person.email}</span></button>
        </div>
      ) : <Tag tone="plain">{ROLES[person.role][0]}</Tag>}
      {said && <div class="wide-row">{said}</div>}
      {asked === "remove" && <Remove person={person} at={at} onStop={stop} moved={moved} />}
      {asked && asked !== "remove" && (
        <div class="row wide-row" role="status">
          <span class="quiet">{person.you ? "You are" : "They are"} signed out and come back as {aRole(asked)}.</span>
          <span class="actions"><button type="button" class="main" disabled={busy} onClick={() => send(null, () => turn(asked, person.you ? undefined : () => turn(person.role)))}>Change role<span class="unseen"> of {person.email}</span></button><button type="button" class="plain" onClick={stop}>Keep</button></span>
        </div>
      )}
    </li>
  );
}

/** The address is typed, since the account is deleted: coming back takes a new invitation. */
function Remove({ person, at, onStop, moved }: { person: PersonOut; at: string; onStop: () => void; moved: () => void }) {
  const [typed, set] = useState("");
  const { busy, wrong, said, send } = useSend();
  async function remove() {
    await write("DELETE", at);
    say(`${person.email} is removed.`);
    moved();
  }
  return (
    <form onSubmit={(event) => send(event, remove)}>
      {said}
      <p class="quiet">Their account is deleted, they are signed out everywhere, and API keys they made stop. What they did stays in the record.</p>
      <Field name={`sure-${person.id}`} label={`Type “${person.email}” to remove them`} value={typed} autoComplete="off" spellcheck={false} error={wrong["typed"]} onInput={(event) => set(event.currentTarget.value)} after={<><button class="danger" disabled={busy || typed.trim().toLowerCase() !== person.email}>Remove</button><button type="button" class="plain" onClick={onStop}>Keep</button></>} />
    </form>
  );
}

/** What became of the mail with the link, and what to do with the link that stands here. */
const MAILED: Record<InvitationMadeOut["mailed"], (email: string) => string> = {
  sent: (email) => `Invitation sent to ${email}`,
  failed: (email) => `The mail to ${email} could not be sent`,
  held: (email) => `No mail was sent to ${email}`,
  off: (email) => `The link for ${email}, shown this once`,
};
const PASSED_ON: Record<InvitationMadeOut["mailed"], string> = {
  sent: "The mail has this link, shown here this once, should it not arrive.",
  failed: "The invitation stands. Pass its link on yourself, or",
  held: "This address was mailed enough invitations for now. Pass the link on yourself.",
  off: "Pass it on yourself: Daybook sends no mail.",
};

function Invite({ moved }: { moved: () => void }) {
  const [{ email, role }, set] = useKept("invitation", { email: "", role: "viewer" as Role });
  const [made, show] = useState<{ asked: InvitationIn; out: InvitationMadeOut } | null>(null);
  const { busy, wrong, said, send } = useSend();
  async function invite(asked: InvitationIn) {
    show({ asked, out: await write<InvitationMadeOut>("POST", "/invitations", asked) });
    set({ email: "", role });
    moved();
  }
  return (
    <Card title="Invite somebody">
      {made && (
        <Once title={MAILED[made.out.mailed](made.asked.email)} text={made.out.link} onDone={() => show(null)}>
          {PASSED_ON[made.out.mailed]} {made.out.mailed === "failed" && <><button type="button" class="link" disabled={busy} onClick={() => send(null, () => invite(made.asked))}>send the mail again</button>.</>} It works once, until {dayOf(made.out.ends_at)}. An earlier link for this address no longer works.
        </Once>
      )}
      <form class="beside" onSubmit={(event) => send(event, () => invite({ email: email.trim(), role }))}>
        {said && <div class="whole-row">{said}</div>}
        <Field name="invited" label="Email" type="email" required value={email} error={wrong["email"]} autoComplete="off" onInput={(event) => set({ email: event.currentTarget.value, role })} />
        <div class="field">
          <label for="invited-role">Role</label>
          <select id="invited-role" value={role} aria-describedby="roles-help" onChange={(event) => set({ email, role: event.currentTarget.value as Role })}>
            {Object.entries(ROLES).map(([value, [name]]) => <option key={value} value={value}>{name}</option>)}
          </select>
        </div>
        <button disabled={busy}>Invite</button>
      </form>
    </Card>
  );
}

function Open({ of: invitation, moved }: { of: InvitationOut; moved: () => void }) {
  const { busy, said, send } = useSend();
  async function withdraw() {
    await write("DELETE", `/invitations/${encodeURIComponent(invitation.id)}`);
    say(`The invitation of ${invitation.email} is withdrawn.`);
    moved();
  }
  return (
    <li>
      <div>
        <p class="row"><b>{invitation.email}</b> <Tag tone="plain">{ROLES[invitation.role][0]}</Tag></p>
        <p class="quiet">Made {dayOf(invitation.made_at)}{invitation.made_by && ` by ${invitation.made_by}`} · works until {dayOf(invitation.ends_at)}</p>
      </div>
      <p class="actions"><button type="button" disabled={busy} onClick={() => send(null, withdraw)}>Withdraw<span class="unseen"> the invitation of {invitation.email}</span></button></p>
      {said && <div class="wide-row">{said}</div>}
    </li>
  );
}
