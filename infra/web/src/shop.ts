// A shop's address as people paste it, and the way to the shop's own page.

/** `https://name.myshopify.com/admin/orders`, `admin.shopify.com/store/name` and `name` are all `name.myshopify.com`. */
export function shopOf(text: string): string {
  const pasted = text.trim().toLowerCase().replace(/^[a-z]+:\/\//, "");
  const admin = /^admin\.shopify\.com\/store\/([a-z0-9-]+)/.exec(pasted);
  const host = admin?.[1] ?? pasted.split(/[/?#]/)[0] ?? "";
  return host && !host.includes(".") ? `${host}.myshopify.com` : host;
}

/** Leaves for a page of the shop, in this tab. Only web addresses are followed, whoever sent them. */
export function leaveFor(url: string): void {
  if (!/^https?:\/\//.test(url)) throw new Error("an authorize address that is no web address");
  location.assign(url);
}
