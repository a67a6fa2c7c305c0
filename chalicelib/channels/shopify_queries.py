"""What we ask of Shopify's Admin GraphQL API, version 2026-10: nine questions and one farewell.

ORDERS_AND_REGIONS is what every mode asks: the country and state that an order goes to, and nothing else of its address. Only
ORDERS_AND_PERSONS, which individual mode asks in its place, has a field about a person. ORDERS is for apps that may read neither.

Amounts are those of `shopMoney`. Cost by Shopify's rule, "API rate limits": a scalar 0, an object 1, a connection its page size
times its node; lists that are not connections are taken as one object, `nodes(ids:)` as that many. One query may ask for 1,000.

    a money bag {shopMoney {amount}}                                                                        2
    line item   1 + original total 2 + variant 1 + allocations (1 + 2) + tax lines (1 + 2)                 10
    order       1 + total 2 + tax 2 + tips 2 + duties 2 + fee marker 1 + refund marker 1
                + transactions (1 + 2)                                                                     14
                + shipping: connection 1 + page info 1 + 1 x (1 + price 2 + tax lines (1 + 2))              8
                + lines: connection 1 + page info 1 + 6 x 10                                               62
    ORDERS      connection 1 + page info 1 + 11 x 84                                                      926
                ... AND_REGIONS: with an address 1, so 11 x 85                                            937
                ... AND_PERSONS: with two addresses 2, so 11 x 86                                         948
    LINES       order 1 + connection 1 + page info 1 + 90 x 10                                            903
    sale        1 + amount 2 + tax 2 + discount 2 + line item 1 + variant 1                                 9
    agreement   1 + connection 1 + page info 1 + sales x 9
    AGREEMENTS  4 x (order 1 + original total 2 + connection 1 + page info 1 + 3 x (3 + 8 x 9))           920
                1 x (5 + 1 x (3 + 100 x 9))                                                               908
    CHANGES     connection 1 + page info 1 + 250 x 1                                                      252
    NAMED       connection 1 + 50 x 1                                                                      51

An order with an edit, a cancellation, a refund, a return, a tip, a fee or a second shipping line is rare and read again from
its agreements; so the page that all orders pass through stays cheap. Six lines hold nearly every order; longer ones are read on.
"""

ORDERS_PER_PAGE = 11
LINES_PER_ORDER = 6
LINES_PER_PAGE = 90
CHANGES_PER_PAGE = 250
NAMED_MAX = 50

# (orders, agreements of each, sales of each) asked for at once; what is longer is walked agreement by agreement.
AGREEMENTS_OF_MANY = (4, 3, 8)
AGREEMENTS_OF_ONE = (1, 1, 100)

_LINES = """
fragment Lines on LineItemConnection {
  pageInfo { hasNextPage endCursor }
  nodes {
    sku
    title
    quantity
    isGiftCard
    variant { id }
    originalTotalSet { shopMoney { amount } }
    discountAllocations { allocatedAmountSet { shopMoney { amount } } }
    taxLines { rate priceSet { shopMoney { amount } } }
  }
}
"""

ORDERS = f"""
query Orders($query: String!, $after: String) {{
  orders(first: {ORDERS_PER_PAGE}, after: $after, query: $query, sortKey: PROCESSED_AT) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id
      name
      currencyCode
      processedAt
      createdAt
      cancelledAt
      displayFinancialStatus
      returnStatus
      test
      edited
      unpaid
      taxesIncluded
      dutiesIncluded
      totalPriceSet {{ shopMoney {{ amount }} }}
      totalTaxSet {{ shopMoney {{ amount }} }}
      totalTipReceivedSet {{ shopMoney {{ amount }} }}
      originalTotalDutiesSet {{ shopMoney {{ amount }} }}
      additionalFees {{ id }}
      refunds(first: 1) {{ id }}
      transactions {{ kind status gateway amountSet {{ shopMoney {{ amount }} }} }}
      shippingLines(first: 1) {{
        pageInfo {{ hasNextPage }}
        nodes {{
          discountedPriceSet {{ shopMoney {{ amount }} }}
          taxLines {{ rate priceSet {{ shopMoney {{ amount }} }} }}
        }}
      }}
      lineItems(first: {LINES_PER_ORDER}) {{ ...Lines }}
    }}
  }}
}}
{_LINES}"""

# Country and state are protected fields of level 2 to Shopify, as all of an address is; the sums by state need them in every mode.
ORDERS_AND_REGIONS = ORDERS.replace(
    "      currencyCode\n", "      currencyCode\n      shippingAddress { countryCodeV2 provinceCode }\n"
)

# `displayAddress` is the shipping address or else the billing address, null where an order has neither. The `customer` object
# would need the scope read_customers, which we do not ask for, and guests have none.
ORDERS_AND_PERSONS = ORDERS_AND_REGIONS.replace(
    "      currencyCode\n", "      currencyCode\n      displayAddress { name countryCodeV2 provinceCode }\n"
)

LINES = f"""
query Lines($id: ID!, $after: String!) {{
  order(id: $id) {{
    lineItems(first: {LINES_PER_PAGE}, after: $after) {{ ...Lines }}
  }}
}}
{_LINES}"""

AGREEMENTS = """
query Agreements($ids: [ID!]!, $agreements: Int!, $agreementsAfter: String, $sales: Int!, $salesAfter: String) {
  nodes(ids: $ids) {
    ... on Order {
      id
      originalTotalPriceSet { shopMoney { amount } }
      agreements(first: $agreements, after: $agreementsAfter) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          happenedAt
          reason
          sales(first: $sales, after: $salesAfter) {
            pageInfo { hasNextPage endCursor }
            nodes {
              lineType
              actionType
              quantity
              totalAmount { shopMoney { amount } }
              totalTaxAmount { shopMoney { amount } }
              totalDiscountAmountBeforeTaxes { shopMoney { amount } }
              ... on ProductSale { lineItem { sku title variant { id } } }
            }
          }
        }
      }
    }
  }
}
"""

# By default the count stops at 10,000; `limit: null` lifts that.
COUNT = """
query Count($query: String!) {
  ordersCount(query: $query, limit: null) { count precision }
}
"""

CHANGES = f"""
query Changes($query: String!, $after: String) {{
  orders(first: {CHANGES_PER_PAGE}, after: $after, query: $query, sortKey: UPDATED_AT) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ id processedAt updatedAt }}
  }}
}}
"""

NAMED = f"""
query Named($query: String!) {{
  orders(first: {NAMED_MAX}, query: $query) {{
    nodes {{ name processedAt }}
  }}
}}
"""

SHOP = """
query Shop {
  shop { id name myshopifyDomain ianaTimezone currencyCode }
}
"""

# Gives all access back.
UNINSTALL = """
mutation Uninstall {
  appUninstall { userErrors { code } }
}
"""
