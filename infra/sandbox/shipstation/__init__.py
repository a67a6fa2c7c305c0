"""A ShipStation account on this machine: several stores, one of them fed by the sandbox shop's own order book.

book.py     orders as they were placed, and each state they come to later
draw.py     how the orders of a day come about, store by store
account.py  the account through time: what it holds by now, and what people do to it
ledger.py   what its days come to, by another path than the product's
lists.py    the order list: filters, sorting, pages, JSON
server.py   all of it over HTTP, and how to make it misbehave
"""
