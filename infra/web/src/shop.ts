// A shop's or site's address as people paste it, and the way to the shop's own page.

/** `https://name.myshopify.com/admin/orders`, `admin.shopify.com/store/name` and `name` are all `name.myshopify.com`. */
export function shopOf(text: string): string {
  const pasted = text.trim().toLowerCase().replace(/^[a-z]+:\/\//, "");
  const admin = /^admin\.shopify\.com\/store\/([a-z0-9-]+)/.exec(pasted);
  const host = admin?.[1] ?? pasted.split(/[/?#]/)[0] ?? "";
  return host && !host.includes(".") ? `${host}.myshopify.com` : host;
}

/** `Shop.example/wp-admin/index.php?x` is `https://shop.example`: an address without what people copy along with it. */
export function siteOf(text: string): string {
  const pasted = text.trim().replace(/[?#].*$/s, "").replace(/\/(wp-(admin|login\.php|json|content)|my-account|cart|checkout)(\/.*)?$/i, "").replace(/\/+$/, "");
  if (!pasted) return "";
  const [, scheme = "https", host = "", rest = ""] = /^(?:([a-z]+):\/\/)?([^/]*)(.*)$/is.exec(pasted) ?? [];
  return `${scheme.toLowerCase()}://${host.toLowerCase()}${rest}`;
}

/** What looks wrong with a site's address while it is typed, "" if nothing does. Only a hint: the server decides. */
export function siteTrouble(text: string): string {
  const site = siteOf(text);
  if (!site) return "";
  const [, scheme, host = ""] = /^([a-z]+):\/\/([^/]*)/.exec(site) ?? [];
  if (scheme === "http") return "The address has to begin with https://, so that nobody can read along.";
  if (scheme !== "https") return "The address has to begin with https://.";
  if (/\s/.test(site)) return "There is a space in this address.";
  if (host.includes("@")) return "Leave out the name and password before the @.";
  if (/^[\d.]+$|:|\[/.test(host)) return "Enter the name of the site, without numbers of a network or a port.";
  if (!/^[^.]+(\.[^.]+)+$/.test(host)) return "Enter the whole name, such as shop.example.com.";
  return "";
}

/** Leaves for a page of the shop, in this tab. Only web addresses are followed, whoever sent them. */
export function leaveFor(url: string): void {
  if (!/^https?:\/\//.test(url)) throw new Error("an authorize address that is no web address");
  location.assign(url);
}
