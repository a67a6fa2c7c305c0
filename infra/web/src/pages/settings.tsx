// Order settings of a connection: edited as a draft, saved at once, guarded against those of others.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ConnectionOut, SettingsOut, SettingsSavedOut } from "../wire.d.ts";
import { Failed, type Tagged, readTagged, session, writeTagged } from "../api.ts";
import { type Draft, bodyOf, isUndone, consequences, differences, draftOf, dropDraft, isDirty, keepDraft, keptDraft, rebased } from "../draft.ts";
import { live, look } from "../live.ts";
import { useLoad } from "../load.ts";
import { Changes, whoSaved } from "../parts/changes.tsx";
import { useSend } from "../parts/form.tsx";
import { Billing, Leaf, Reports } from "../parts/leaf.tsx";
import { Card } from "../parts/page.tsx";
import { OneOrder, RangeFields, useRanges } from "../parts/range.tsx";
import { Notice, Region } from "../parts/region.tsx";
import { SaveBar } from "../parts/save-bar.tsx";
import { CountingCard, RhythmCard, SummaryCard } from "../parts/settings-cards.tsx";
import { say } from "../parts/toast.tsx";
import { to } from "../router.ts";

const AT = (id: string) => `/connections/${encodeURIComponent(id)}`;

export function Settings({ connection }: { connection: ConnectionOut }) {
  const loaded = useLoad<Tagged<SettingsOut>>(`${AT(connection.id)}/settings`, 0, readTagged);
  return <Region of={loaded} what="the order settings" rows={8}>{(read) => <Edited connection={connection} read={read} />}</Region>;
}

/** What somebody else saved while we were editing, and in whose words the server said so. */
interface Conflict {
  said: string;
  theirs: Tagged<SettingsOut>;
}

function useDraft(connection: ConnectionOut, read: Tagged<SettingsOut>) {
  const [base, setBase] = useState(read);
  const [draft, set] = useState<Draft>(() => {
    const kept = keptDraft(connection.id);
    return kept ? rebased(kept.saved, kept.draft, read.data) : draftOf(read.data);
  });
  const dirty = isDirty(base.data, draft);
  useEffect(() => (dirty ? keepDraft(connection.id, base.data, draft) : dropDraft(connection.id)), [base, draft, dirty]);
  return { base, setBase, draft, set, dirty };
}

function Edited({ connection, read }: { connection: ConnectionOut; read: Tagged<SettingsOut> }) {
  const { base, setBase, draft, set, dirty } = useDraft(connection, read);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [syncs, setSyncs] = useState<readonly string[]>([]);
  const { busy, wrong, said, send, clear } = useSend();
  const path = `${AT(connection.id)}/settings`;
  const saved = base.data;
  const ranges = useRanges(connection.id, draft.days, draft.summary);
  const change = (part: Partial<Draft>) => set((before) => ({ ...before, ...part }));

  function restart(from: Tagged<SettingsOut>) {
    setBase(from);
    set(draftOf(from.data));
    setConflict(null);
    clear();
  }
  async function put(mine: Draft, seen: Tagged<SettingsOut>): Promise<void> {
    try {
      const { data, etag } = await writeTagged<SettingsSavedOut>("PUT", path, bodyOf(mine), seen.etag);
      const now = { data: data.settings, etag: etag || `"${data.settings.version}"` };
      restart(now);
      setSyncs(data.sync_ids);
      say(data.said.join(" ") || "Order settings saved.", isUndone(seen.data, mine) ? () => put(draftOf(seen.data), now) : undefined);
      look();
    } catch (error) {
      if (!(error instanceof Failed) || error.status !== 412) throw error;
      const theirs = await readTagged<SettingsOut>(path);
      set(rebased(seen.data, mine, theirs.data));
      setBase(theirs);
      setConflict({ said: await whoSaved(path, error, connection.time_zone), theirs });
    }
  }
  const save = () => send(null, () => put(draft, base));
  const sample = ranges.preview.data?.sample ?? null;
  return (
    <div class="columns settings">
      <div>
        {conflict && <ConflictNotice conflict={conflict} draft={draft} busy={busy} onMine={save} onTheirs={() => restart(conflict.theirs)} />}
        {said}
        {session.value?.user.role === "viewer" && <Notice kind="info"><p>You may look at these settings. Changing them is for members of the workspace.</p></Notice>}
        {syncs.length > 0 && <Started ids={syncs} />}
        <fieldset class="bare" disabled={session.value?.user.role === "viewer"}>
          <SummaryCard saved={saved} draft={draft} wrong={wrong} change={change} />
          <RhythmCard saved={saved} draft={draft} wrong={wrong} change={change} />
          <CountingCard saved={saved} draft={draft} wrong={wrong} change={change} />
          <Card title="Manual sync">
            <p class="quiet">Bring in past sales, up to four months at a time. Orders already here are recognised and not counted twice.</p>
            <RangeFields ranges={ranges} chosen={draft.days} wrong={wrong} none="Choose days, and saving brings them in." onChoose={(days) => change({ days })} />
            <OneOrder connection={connection} />
          </Card>
        </fieldset>
        <SaveBar dirty={dirty} busy={busy} what={consequences(saved, draft)} onSave={save} onDiscard={() => restart(base)} />
      </div>
      <aside aria-label="What these settings mean">
        {sample ? <Leaf sample={sample} summary={draft.summary} /> : !ranges.preview.data && !ranges.preview.failed && <div class="card leaf-room" />}
        <Billing orders={sample?.orders ?? null} />
        <Reports summary={draft.summary} />
        <Changes of={path} zone={connection.time_zone} version={saved.version} />
      </aside>
    </div>
  );
}

type ConflictFrame = { conflict: Conflict; draft: Draft; busy: boolean; onMine: () => void; onTheirs: () => void };

/** Focus comes here: nothing was saved, and nothing of one's own is lost. */
function ConflictNotice({ conflict, draft, busy, onMine, onTheirs }: ConflictFrame) {
  const [compared, compare] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), [conflict]);
  const differing = differences(conflict.theirs.data, draft);
  return (
    <div ref={place} tabIndex={-1}>
      <Notice kind="warning">
        <p role="alert"><b>{conflict.said}</b> Yours are still here.</p>
        {compared && (
          <div class="scroll" tabIndex={0} role="region" aria-label="Theirs and yours">
            <table class="ledger">
              <thead><tr><th scope="col">Setting</th><th scope="col">Saved by them</th><th scope="col">Yours</th></tr></thead>
              <tbody>
                {differing.map(([name, theirs, mine]) => <tr key={name}><th scope="row">{name}</th><td>{theirs}</td><td>{mine}</td></tr>)}
                {differing.length === 0 && <tr><td colSpan={3}>Both are alike now.</td></tr>}
              </tbody>
            </table>
          </div>
        )}
        <p class="actions">
          <button type="button" aria-expanded={compared} onClick={() => compare(!compared)}>Compare</button>
          <button type="button" class="main" disabled={busy} onClick={onMine}>Use mine</button>
          <button type="button" class="plain" disabled={busy} onClick={onTheirs}>Use theirs</button>
        </p>
      </Notice>
    </div>
  );
}

/** The link stands before what changes by itself, so that it does not move away under the pointer. */
const Started = ({ ids }: { ids: readonly string[] }) => {
  const running = live.value?.syncs.some(({ id }) => ids.includes(id));
  return (
    <Notice kind="good">
      <p><b>Saved.</b> {ids.map((id) => <a key={id} href={to(`/syncs/${encodeURIComponent(id)}`)}>See the sync</a>)}. {running === false ? "The days you asked for were brought in." : "The days are on their way."}</p>
    </Notice>
  );
};
