"""A Shopify shop on this machine, for newcomers and tests: a deterministic order book behind Shopify's OAuth and GraphQL.

    book, catalog   what an order is, and what is sold        oauth    the sign-in page, codes, tokens that rotate
    draw, fate      how orders come about, what befalls them  graph    queries, their price, lists; search their filters
    shop            the order book through time               nodes    orders as Shopify shows them
    ledger          the sums of its days, for proofs          slice    cuts the schema out of the published one
    hooks           what it tells of itself, signed           server   all of it over HTTP, and its misbehaviour

Never packaged. Start it with `python -m infra.sandbox`, or in a test with `infra.sandbox.server.Sandbox`.
"""
