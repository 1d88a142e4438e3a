"""Many developments on one stock: joint least cost, order of arrival, and what is scarce (§3).

folder    a portfolio folder -> the developments
archive   the same folder as one .zip
template  a portfolio to fill in
rows      what one module of one development must reach, as numbers
prices    stock and price lists -> prices as each development sees them
master    the joint model, by column generation
lots      from its divisible optimum to whole lots, with a bound
joint     who buys what, at the least cost together
arrivals  who buys what, one after another
scarcity  what one more unit would save, demand against supply
answer    the JSON of `bng portfolio`, every purchase audited
"""
