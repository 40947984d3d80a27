"""The GraphQL documents sent to Shopify's Admin API, valid against version 2026-04.

A page asks for the first of each nested list only, as a query's cost is counted by what it asks for; what an order has
beyond them is read by the documents at the end. No document has fragments: bulk operations take a single query.
"""

from __future__ import annotations

# nested lists in a page of orders; whatever is full is read again to its end
FIRST_LINES = 10
FIRST_CODES = 5
FIRST_OF_LISTS = 5
DRAIN_SIZE = 250

_MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
_ADDRESS = (
    "{ name firstName lastName company address1 address2 city province provinceCode zip country countryCodeV2 phone }"
)
_LINE = f"""id sku title variantTitle quantity currentQuantity isGiftCard product {{ id }} variant {{ id }}
      originalUnitPriceSet {_MONEY} discountedTotalSet(withCodeDiscounts: true) {_MONEY}"""
_CODE = "__typename index targetType ... on DiscountCodeApplication { code }"


def _lists(first: int) -> str:
    return f"""refunds(first: {first}) {{ id createdAt processedAt totalRefundedSet {_MONEY} }}
    transactions(first: {first}) {{ id kind status processedAt }}
    fulfillments(first: {first}) {{ id status createdAt }}"""


_ORDER = f"""id legacyResourceId name email phone test sourceName
    createdAt processedAt updatedAt cancelledAt cancelReason
    displayFinancialStatus displayFulfillmentStatus
    currencyCode presentmentCurrencyCode taxesIncluded discountCodes tags
    customer {{ id legacyResourceId firstName lastName defaultEmailAddress {{ emailAddress }} }}
    shippingAddress {_ADDRESS}
    billingAddress {_ADDRESS}
    subtotalPriceSet {_MONEY} totalPriceSet {_MONEY} totalDiscountsSet {_MONEY} totalShippingPriceSet {_MONEY}
    totalTaxSet {_MONEY} totalTipReceivedSet {_MONEY} originalTotalDutiesSet {_MONEY}
    originalTotalAdditionalFeesSet {_MONEY} totalRefundedSet {_MONEY} netPaymentSet {_MONEY} dutiesIncluded
    currentTotalPriceSet {_MONEY} currentSubtotalPriceSet {_MONEY} currentShippingPriceSet {_MONEY}
    currentTotalTaxSet {_MONEY}
    shippingLine {{ discountedPriceSet {_MONEY} taxLines {{ priceSet {_MONEY} }} }}
    {_lists(FIRST_OF_LISTS)}"""

ORDERS = f"""query Orders($first: Int!, $after: String, $search: String!) {{
  orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $search) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
    {_ORDER}
    lineItems(first: {FIRST_LINES}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_LINE} }} }}
    discountApplications(first: {FIRST_CODES}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_CODE} }} }}
    }}
  }}
}}"""

# without a sort key: bulk operations have been seen to leave rows out when there is one
BULK_ORDERS = f"""{{
  orders(query: "%s") {{ edges {{ node {{
    {_ORDER}
    lineItems {{ edges {{ node {{ {_LINE} }} }} }}
    discountApplications {{ edges {{ node {{ {_CODE} }} }} }}
  }} }} }}
}}"""

BULK_RUN = """mutation BulkRun($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status }
    userErrors { field message code }
  }
}"""

BULK_STATUS = """query BulkStatus($id: ID!) {
  bulkOperation(id: $id) { id status errorCode objectCount url partialDataUrl }
}"""

BULK_RUNNING = """query BulkRunning {
  bulkOperations(first: 5, query: "status:RUNNING type:QUERY") { nodes { id status } }
}"""

ORDER_LINES = f"""query OrderLines($id: ID!, $after: String) {{
  order(id: $id) {{ lineItems(first: {DRAIN_SIZE}, after: $after) {{
    pageInfo {{ hasNextPage endCursor }} nodes {{ {_LINE} }}
  }} }}
}}"""

ORDER_CODES = f"""query OrderCodes($id: ID!, $after: String) {{
  order(id: $id) {{ discountApplications(first: {DRAIN_SIZE}, after: $after) {{
    pageInfo {{ hasNextPage endCursor }} nodes {{ {_CODE} }}
  }} }}
}}"""

ORDER_LISTS = f"""query OrderLists($id: ID!) {{
  order(id: $id) {{ {_lists(DRAIN_SIZE)} }}
}}"""

CUSTOMERS = f"""query Customers($first: Int!, $after: String, $search: String!) {{
  customers(first: $first, after: $after, sortKey: UPDATED_AT, query: $search) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id legacyResourceId firstName lastName createdAt updatedAt tags
      defaultEmailAddress {{ emailAddress marketingState }}
      defaultPhoneNumber {{ phoneNumber }}
      defaultAddress {_ADDRESS}
    }}
  }}
}}"""

SUBSCRIPTIONS = """query Subscriptions($first: Int!, $after: String, $search: String!) {
  subscriptionContracts(first: $first, after: $after, sortKey: UPDATED_AT, query: $search) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id status createdAt updatedAt nextBillingDate
      customer { id legacyResourceId defaultEmailAddress { emailAddress } }
    }
  }
}"""

SEGMENT = "query Segment($id: ID!) { segment(id: $id) { id name } }"

SEGMENT_MEMBERS = f"""query SegmentMembers($segment: ID!, $first: Int!, $after: String) {{
  customerSegmentMembers(segmentId: $segment, first: $first, after: $after) {{
    totalCount
    pageInfo {{ hasNextPage endCursor }}
    edges {{ node {{
      id firstName lastName
      defaultEmailAddress {{ emailAddress marketingState }}
      defaultAddress {_ADDRESS}
    }} }}
  }}
}}"""

SHOP = "query Shop { shop { name currencyCode } }"
