// Connections: a card for each, and the gallery of channels to add.
import { useState } from "preact/hooks";
import type { ConnectionOut, ConnectionsOut, KindOut, KindsOut } from "../wire.d.ts";
import { session } from "../api.ts";
import { useLoad } from "../load.ts";
import { type Month, MonthOf, useMonths } from "../parts/month.tsx";
import { Card, Page, When } from "../parts/page.tsx";
import { Empty, Notice, Region } from "../parts/region.tsx";
import { ConnectionTag, Tile } from "../parts/tag.tsx";
import { to } from "../router.ts";
import { useMoved } from "../watch.ts";

const SEARCH_FROM = 6;

export function Connections() {
  const moved = useMoved();
  const connections = useLoad<ConnectionsOut>("/connections", moved);
  const kinds = useLoad<KindsOut>("/kinds");
  const months = useMonths(moved);
  const none = connections.data?.items.length === 0;
  return (
    <Page title="Connections" note="The shops and marketplaces that Daybook reads.">
      <Region of={connections} what="your connections" rows={2}>
        {({ items }) => items.length > 0 && <ul class="cards">{items.map((connection) => <li key={connection.id}><ConnectionCard connection={connection} month={months.get(connection.id)} /></li>)}</ul>}
      </Region>
      <Card title={none ? undefined : "Add a channel"}>
        {none && <Empty title="Connect your first channel.">Daybook brings in the last 90 days by itself, usually in 15 to 30 minutes.</Empty>}
        {session.value?.user.role === "owner" ? <Region of={kinds} what="the channels" rows={1}>{({ items }) => <Gallery kinds={items} />}</Region> : <Notice kind="info"><p>Owners of the workspace connect channels. Under Workspace settings you see who they are.</p></Notice>}
      </Card>
    </Page>
  );
}

const ConnectionCard = ({ connection, month }: { connection: ConnectionOut; month: Month | undefined }) => (
  <article class="card link">
    <div class="row">
      <Tile name={connection.name} colour={connection.colour} />
      <span class="two">
        <h2><a class="whole" href={to(`/connections/${encodeURIComponent(connection.id)}`)}>{connection.name}</a></h2>
        <span class="quiet">{connection.domain}</span>
      </span>
      <ConnectionTag state={connection.state} />
    </div>
    {connection.state_detail && <p class="detail">{connection.state_detail}</p>}
    {month && <MonthOf month={month} colour={connection.colour} />}
    <p class="quiet last">
      {connection.last_synced_at ? <>Synced <When at={connection.last_synced_at} zone={connection.time_zone} /></> : "Not synced yet"}
      {connection.next_sync_at && <> · next <When at={connection.next_sync_at} zone={connection.time_zone} as="far" /></>}
    </p>
  </article>
);

const WAYS: Record<KindOut["auth"], string> = { oauth: "Sign in there", approve: "Approve on your site", key: "Paste its keys" };

function Gallery({ kinds }: { kinds: readonly KindOut[] }) {
  const [words, search] = useState("");
  const fitting = kinds.filter(({ name }) => name.toLowerCase().includes(words.trim().toLowerCase()));
  return (
    <>
      {kinds.length >= SEARCH_FROM && <input type="search" aria-label="Find a channel" placeholder="Find a channel" value={words} onInput={(event) => search(event.currentTarget.value)} />}
      <ul class="gallery">
        {fitting.map((kind, at) => (
          <li key={kind.kind}>
            <a href={to(`/connections/add/${encodeURIComponent(kind.kind)}`)}><Tile name={kind.name} colour={(at % 6) + 1} /><span class="two">{kind.name}<span class="quiet">{WAYS[kind.auth]}</span></span></a>
          </li>
        ))}
      </ul>
      {fitting.length === 0 && <Empty title="No channel of that name." />}
    </>
  );
}
