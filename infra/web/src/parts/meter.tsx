// How much of the yearly allotment is used.
import type { UsageOut } from "../wire.d.ts";
import { count, counted, dayName } from "../format.ts";
import { to } from "../router.ts";
import { Notice } from "./region.tsx";

export function Meter({ usage }: { usage: UsageOut }) {
  const { allotment, used } = usage;
  return (
    <div class="meter">
      <p class="pair"><span>Orders used</span> <b>{allotment === null ? count(used) : `${count(used)} of ${count(allotment)}`}</b></p>
      {allotment !== null && <meter aria-label="Orders used of the allotment" min={0} max={allotment} value={used}>{count(used)}</meter>}
      <p class="quiet">{allotment === null ? "Your plan has no limit." : `Renewal is ${dayName(usage.year_to, "year")}.`}{used === 0 && " Nothing counted yet."}</p>
    </div>
  );
}

/** Said at 80 % and when all is used. */
export function UsageBanner({ usage }: { usage: UsageOut }) {
  const { allotment, used } = usage;
  if (allotment === null || used < allotment * 0.8) return null;
  const all = used >= allotment;
  return (
    <Notice kind={all ? "warning" : "info"}>
      <p>
        <b>{all ? `You have used all ${counted(allotment, "order")}.` : `You have used ${count(Math.floor((used * 100) / allotment))} % of your ${counted(allotment, "order")}.`}</b>{" "}
        {all ? "Syncing goes on; what comes now is overage." : "Syncing goes on as it is."} Renewal is {dayName(usage.year_to, "year")}. <a href={to("/usage")}>See usage</a>
      </p>
    </Notice>
  );
}
