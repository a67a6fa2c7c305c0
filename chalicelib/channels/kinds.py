"""Every kind of channel that can be connected. A new one is named here, and nowhere else."""

from collections.abc import Callable

from chalicelib.channels import Kind, Means, Platform
from chalicelib.channels.shipstation import ShipStation
from chalicelib.channels.shopify_app import ShopifyApp
from chalicelib.channels.woocommerce import WooCommerce

PLATFORMS: dict[str, Callable[[Means], Platform]] = {
    each.kind.kind: each for each in (ShopifyApp, ShipStation, WooCommerce)
}
KINDS: dict[str, Kind] = {each.kind.kind: each.kind for each in (ShopifyApp, ShipStation, WooCommerce)}
