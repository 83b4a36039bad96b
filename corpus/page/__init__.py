"""One HTML file to look at a corpus, or at one program: statistics with plots, and pairs with their lines connected.

The file needs no server and no network: style, script and data are in it.
"""
