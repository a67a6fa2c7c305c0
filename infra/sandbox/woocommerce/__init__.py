"""A WordPress site with WooCommerce on this machine, for newcomers and tests: deterministic orders behind the REST API v3.

    book    what an order is, and how it fares       sign    keys, OAuth 1.0a and Basic, checked as WordPress does
    shop    the orders through time, by hand too     site    all of it over HTTP, and its misbehaviour
    show    orders as the API shows them             ledger  the sums of its days, for proofs
    search  the API's filters and pages

Never packaged. Start it with `python -m infra.sandbox.woocommerce`, or in a test with `infra.sandbox.woocommerce.site.WordPress`.
"""
