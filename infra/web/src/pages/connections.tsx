// Connections: a card for each, and the gallery of channels to add.
import { useState } from "preact/hooks";
import type { ConnectionOut, ConnectionsOut, KindOut, KindsOut } from "../wire.d.ts";
import { useLoad } from "../load.ts";
import { Card, Page, When } from "../parts/page.tsx";
import { Empty, Region } from "../parts/region.tsx";
import { ConnectionTag, Tile } from "../parts/tag.tsx";
import { to } from "../router.ts";
import { useMoved } from "../watch.ts";

const SEARCH_FROM = 6;

export function Connections() {
  const connections = useLoad<ConnectionsOut>("/connections", useMoved());
  const kinds = useLoad<KindsOut>("/kinds");
  return (
    <Page title="Connections" note="The shops and marketplaces that Daybook reads.">
      <Region of={connections} what="your connections" rows={2}>
        {({ items }) =>
          items.length ? (
            <ul class="cards">{items.map((connection) => <li key={connection.id}><ConnectionCard connection={connection} /></li>)}</ul>
          ) : (
            <Card><Empty title="Connect your first channel.">Daybook brings in the last 90 days by itself, usually in 15 to 30 minutes. Choose one below.</Empty></Card>
          )
        }
      </Region>
      <Card title="Add a channel">
        <Region of={kinds} what="the channels" rows={1}>{({ items }) => <Gallery kinds={items} />}</Region>
      </Card>
    </Page>
  );
}

const ConnectionCard = ({ connection }: { connection: ConnectionOut }) => (
  <article class="card link">
    <div class="row">
      <Tile name={connection.name} colour={connection.colour} />
      <span class="two">
        <h2><a class="whole" href={to(`/connections/${encodeURIComponent(connection.id)}`)}>{connection.name}</a></h2>
        <span class="quiet">{connection.domain}</span>
      </span>
      <ConnectionTag state={connection.state} />
    </div>
    {connection.state_detail && <p>{connection.state_detail}</p>}
    <p class="quiet">
      {connection.last_synced_at ? <>Synced <When at={connection.last_synced_at} zone={connection.time_zone} /></> : "Not synced yet"}
      {connection.next_sync_at && <> · next <When at={connection.next_sync_at} zone={connection.time_zone} /></>}
    </p>
  </article>
);

function Gallery({ kinds }: { kinds: readonly KindOut[] }) {
  const [words, search] = useState("");
  const fitting = kinds.filter(({ name }) => name.toLowerCase().includes(words.trim().toLowerCase()));
  return (
    <>
      {kinds.length >= SEARCH_FROM && <input type="search" aria-label="Find a channel" placeholder="Find a channel" value={words} onInput={(event) => search(event.currentTarget.value)} />}
      <ul class="gallery">
        {fitting.map((kind, at) => (
          <li key={kind.kind}>
            <a href={to(`/connections/add/${encodeURIComponent(kind.kind)}`)}><Tile name={kind.name} colour={(at % 6) + 1} /> {kind.name}</a>
          </li>
        ))}
      </ul>
      {fitting.length === 0 && <Empty title="No channel of that name." />}
    </>
  );
}
