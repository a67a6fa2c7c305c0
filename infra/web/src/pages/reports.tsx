// Reports: one question about a range of days at a time, as a chart, as a table and as a file.
import type { ComponentChildren } from "preact";
import type { ConnectionsOut, ReportOut } from "../wire.d.ts";
import { dayName, rangeName, zoneName } from "../format.ts";
import { useLoad } from "../load.ts";
import { Download, Print } from "../parts/download.tsx";
import { Importing } from "../parts/importing.tsx";
import { homeZone, Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { CurrencyChoice } from "../parts/sales-chart.tsx";
import { SpanChoice } from "../parts/span-choice.tsx";
import { Icon } from "../parts/icon.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { ChannelsReport } from "../reports/channels.tsx";
import { CustomersReport, NeedsIndividual } from "../reports/customers.tsx";
import { SalesReport } from "../reports/sales.tsx";
import { SkusReport } from "../reports/skus.tsx";
import { StatesReport } from "../reports/states.tsx";
import { asked, go, query, to, turned } from "../router.ts";
import { span, spanQuery } from "../span.ts";
import { useMoved } from "../watch.ts";
import { Nowhere } from "./nowhere.tsx";

interface Report {
  title: string;
  tab: string;
  /** What the address says beyond the range, by the API's name for it. */
  more: () => Readonly<Record<string, string | null>>;
  show: (report: never, currency: string) => ComponentChildren;
}

const byOf = () => ({ by: query.value.get("by") });
const REPORTS: Readonly<Record<string, Report>> = {
  sales: { title: "Net sales", tab: "Sales", more: byOf, show: (report, currency) => <SalesReport report={report} currency={currency} /> },
  skus: { title: "Top SKUs", tab: "SKUs", more: () => ({ by: query.value.get("rank") }), show: (report, currency) => <SkusReport report={report} currency={currency} /> },
  channels: { title: "Sales by channel", tab: "Channels", more: byOf, show: (report, currency) => <ChannelsReport report={report} currency={currency} /> },
  states: { title: "Sales by U.S. state", tab: "U.S. states", more: () => ({}), show: (report, currency) => <StatesReport report={report} currency={currency} /> },
  customers: { title: "Customers", tab: "Customers", more: () => ({}), show: (report, currency) => <CustomersReport report={report} currency={currency} /> },
};

type AnyReport = ReportOut & { currencies: readonly { currency: string }[] };

export function Reports({ name }: { name: string }) {
  const report = REPORTS[name];
  return report ? <Shown key={name} name={name} report={report} /> : <Nowhere />;
}

function Shown({ name, report }: { name: string; report: Report }) {
  const kept = { ...spanQuery(span()), connection: query.value.get("connection") };
  const path = asked(`/reports/${name}`, { ...kept, ...report.more() });
  const moved = useMoved();
  // Each look at customers is recorded: only the merchant's own are.
  const loaded = useLoad<AnyReport>(path, name === "customers" ? 0 : moved);
  const connections = useLoad<ConnectionsOut>("/connections");
  const lacking = loaded.failed?.status === 409 && loaded.failed.problem.type?.includes("needs-individual");
  const { data } = loaded;
  const currency = data?.currencies.find((one) => one.currency === query.value.get("currency"))?.currency ?? data?.currencies[0]?.currency ?? "";
  return (
    <Page
      title={report.title}
      note={data && !lacking ? noteOf(data) : <> </>}
      actions={
        <>
          <Connection connections={connections.data} />
          <SpanChoice days={data?.range} />
        </>
      }
    >
      <div class="report-bar">
        <Tabs label="Reports" at={name} tabs={Object.entries(REPORTS).map(([at, { tab }]) => [at, tab, to(`/reports/${at}`, { ...kept, currency: query.value.get("currency") })])} />
        {!lacking && <div class="actions"><Download path={path} /><Print /></div>}
      </div>
      {lacking ? (
        <NeedsIndividual connections={connections.data?.items ?? []} />
      ) : (
        <>
          <CurrencyChoice currencies={data?.currencies.map((one) => one.currency) ?? []} chosen={currency} />
          <Importing connections={connections.data?.items.filter(({ id }) => [id, null].includes(query.value.get("connection"))) ?? []} />
          <Region of={loaded} what="the report" rows={10}>{(given) => report.show(given as never, currency)}</Region>
        </>
      )}
    </Page>
  );
}

const noteOf = ({ range, previous, through_day }: ReportOut): string =>
  [
    `${rangeName(range.from, range.to)}${previous ? `, against ${rangeName(previous.from, previous.to)}` : ""}`,
    through_day === null ? "no figures yet" : through_day < range.to ? `figures run to the end of ${dayName(through_day)}` : "",
    zoneName(homeZone()),
  ].filter(Boolean).join(" · ");

const Connection = ({ connections }: { connections: ConnectionsOut | undefined }) => {
  const value = query.value.get("connection") ?? "";
  if ((connections?.items.length ?? 0) < 2 && !value) return null;
  return (
    <span class="pick">
      <select aria-label="Connection" value={value} onChange={(event) => go(turned({ connection: event.currentTarget.value || null }))}>
        <option value="">All connections</option>
        {connections?.items.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </select>
      <Icon name="down" size={16} />
    </span>
  );
};
