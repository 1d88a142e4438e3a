"""The cheapest purchase where it matters which banks sell: by limit, fee or minimum (§2.9, §3).

The rows of bng_core.model alone bound the cost badly: a bank with much stock opens a little and
sells a lot. Here every row r that only gains from purchases is stated bank by bank. With most[r]
the most that it can ask, and gives[b, r] >= 0 what bank b gives to it, in place of the purchases:

    gives[b, r] <= sum_{o at b} counts[r, o] x[o],      gives[b, r] <= most[r] open[b]

No purchase is lost: gives = min(sum, most) keeps every row, as one full bank already fills it.

1. Prices (prices.py). Without whole numbers, a problem of a few banks gives a price to every row
   and one to a place under the limit. A bank left out can lower its optimum by no more than it is
   worth at these prices (worth.py) beyond its place and its fee; banks are added until that is
   nothing. The optimum, the bound, is then one of all banks, and no purchase costs less than that,
   none that buys at bank b less than

       least_cost[b] = bound + max(0, place + fee - worth[b])

   Where the few banks cannot meet the needs, banks are added for shortage in place of cost. If some
   shortage is left, there is no purchase.
2. Search (search.py). Among the banks whose least cost does not pass the cheapest purchase known, a
   few at first, then more: which banks together cost least, in units that need not be whole? Inside
   that set the limit no longer matters, and the best purchase in whole lots is found as without
   bank terms; the set is then done, and every later one must hold a bank outside it. When none of
   the few costs less, all the few are done. The search ends when all banks that matter are done:
   each purchase then either buys at a bank that is too dear or lies within a set that was searched.
   Where many sets differ by less than whole lots cost, the search asks for whole lots at once.
   Sets that cost the same as the cheapest are looked for last, among the few where it was found.

Only banks are left out at their price, and single offers where a whole lot of them is too dear
(`least_cost` with the loss on one lot); never offers of any units: a little of them costs little. A
tolerance of half a penny keeps the sets that cost the same, for the order of equals.

worth     what a bank can save at given prices, for all banks at once
model     the model for some banks, stated bank by bank
prices    step 1
search    step 2
"""

from bng_core.banks.search import solve_banks

__all__ = ["solve_banks"]
