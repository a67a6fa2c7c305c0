// The pages for when there is no page.
import type { Failed } from "../api.ts";
import { Card, Page } from "../parts/page.tsx";
import { Empty, Notice } from "../parts/region.tsx";
import { to } from "../router.ts";

export const Nowhere = () => (
  <Page title="Nothing here">
    <Card><Empty title="There is no page at this address." action={<a class="button" href={to("/")}>Go to the start</a>}>It may have been moved, or the address is not complete.</Empty></Card>
  </Page>
);

/** The server did not even say who is signed in. */
export const Unreached = ({ failed }: { failed: Failed }) => (
  <Page title="Daybook">
    <Notice kind="error">
      <p><b>{failed.status ? "That did not work, and it is our fault." : "No connection."}</b> Nothing was changed.</p>
      <p class="row"><button type="button" onClick={() => location.reload()}>Try again</button> <code>{failed.problem.request_id}</code></p>
    </Notice>
  </Page>
);
