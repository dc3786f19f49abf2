"""The coins of the shipped labels as the providers list them, and the cases that identity is hard for.

Ids, symbols and names are the providers'; prices and caps are round figures.
"""

from tests.identity.listed import Listed, gecko, paprika

USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
WBTC = "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
ZRX = "0xe41d2489571d322189246dafa5ebde1f4699f498"

LTC_PEG = "0x4338665cbb7b2485a8855a139b75d5e34ab0db94"

WELL_KNOWN = """
    bitcoin, btc, Bitcoin | btc-bitcoin, BTC, Bitcoin | 97000
    ethereum, eth, Ethereum | eth-ethereum, ETH, Ethereum | 3300
    binancecoin, bnb, BNB | bnb-binance-coin, BNB, Binance Coin | 690
    ripple, xrp, XRP | xrp-xrp, XRP, XRP | 2.4
    cardano, ada, Cardano | ada-cardano, ADA, Cardano | 0.9
    solana, sol, Solana | sol-solana, SOL, Solana | 190
    dogecoin, doge, Dogecoin | doge-dogecoin, DOGE, Dogecoin | 0.31
    polkadot, dot, Polkadot | dot-polkadot, DOT, Polkadot | 7
    uniswap, uni, Uniswap | uni-uniswap, UNI, Uniswap | 14
    bitcoin-cash, bch, Bitcoin Cash | bch-bitcoin-cash, BCH, Bitcoin Cash | 450
    litecoin, ltc, Litecoin | ltc-litecoin, LTC, Litecoin | 105
    chainlink, link, Chainlink | link-chainlink, LINK, Chainlink | 23
    stellar, xlm, Stellar | xlm-stellar, XLM, Stellar | 0.4
    ethereum-classic, etc, Ethereum Classic | etc-ethereum-classic, ETC, Ethereum Classic | 27
    filecoin, fil, Filecoin | fil-filecoin, FIL, Filecoin | 5.4
    tron, trx, TRON | trx-tron, TRX, TRON | 0.24
    vechain, vet, VeChain | vet-vechain, VET, VeChain | 0.045
    monero, xmr, Monero | xmr-monero, XMR, Monero | 200
    eos, eos, EOS | eos-eos, EOS, EOS | 0.8
    iota, iota, IOTA | miota-iota, MIOTA, IOTA | 0.3
    neo, neo, NEO | neo-neo, NEO, NEO | 14
    dash, dash, Dash | dash-dash, DASH, Dash | 38
    terra-luna, lunc, Terra Luna Classic | luna-terra, LUNC, Terra Luna Classic | 0.0001
    theta-token, theta, Theta Network | theta-theta-token, THETA, THETA | 2.2
    kucoin-shares, kcs, KuCoin | kcs-kucoin-token, KCS, KuCoin Token | 11
    republic-protocol, ren, REN | ren-republic-protocol, REN, Ren | 0.05
    holotoken, hot, Holo | hot-holo, HOT, Holo | 0.002
    hydro-protocol, hot, Hydro Protocol | hot-hydro-protocol, HOT, Hydro Protocol | 0.0005
"""

TOKENS: list[Listed] = [
    gecko("usd-coin", "usdc", "USDC", 1.0, cap=6e10, contracts={"ethereum": USDC}),
    paprika("usdc-usd-coin", "USDC", "USD Coin", 1.0, cap=6e10, contracts={"ethereum": USDC}),
    gecko("wrapped-bitcoin", "wbtc", "Wrapped Bitcoin", 97000, cap=1.2e10, contracts={"ethereum": WBTC}),
    paprika(
        "wbtc-wrapped-bitcoin",
        "WBTC",
        "Wrapped Bitcoin",
        97000,
        cap=1.2e10,
        contracts={"ethereum": WBTC.upper().replace("0X", "0x")},
    ),
    gecko("0x", "zrx", "0x Protocol", 0.5, cap=4e8, contracts={"ethereum": ZRX}),
    paprika("zrx-0x", "ZRX", "0x", 0.5, cap=4e8, contracts={"ethereum": ZRX}),
]

LOOK_ALIKES: list[Listed] = [
    gecko("batcat", "btc", "batcat", 0.0001),
    gecko("weth", "weth", "WETH", 3300, contracts={"ethereum": WETH}),
    gecko(
        "binance-peg-ethereum",
        "eth",
        "Binance-Peg Ethereum",
        3300,
        contracts={"binance-smart-chain": "0x2170ed0880ac9a755fd29b2688956bd959f933f8"},
    ),
    gecko(
        "bridged-usdc-polygon",
        "usdc",
        "Polygon Bridged USDC",
        1.0,
        contracts={"polygon-pos": "0x2791bca1f2de4661ed88a30c99a7a9449aa84174"},
    ),
    gecko("compound-usd-coin", "cusdc", "cUSDC", 0.024),
    gecko("staked-ether", "steth", "Lido Staked Ether", 3300, cap=3e10),
    gecko("terra-luna-2", "luna", "Terra", 0.4, cap=3e8),
    gecko("theta-fuel", "tfuel", "Theta Fuel", 0.07),
    gecko("bitcoin-cash-sv", "bsv", "Bitcoin SV", 55),
    gecko("matic-network", "matic", "Polygon", 0.48, cap=4e8),
    gecko("polygon-ecosystem-token", "pol", "POL (ex-MATIC)", 0.48, cap=4e9),
]


REPEATED: list[Listed] = [
    gecko(
        "mask-a",
        "msk",
        "Masque Token",
        2.0,
        cap=1e7,
        contracts={"ethereum": "0x00000000000000000000000000000000000000a1"},
    ),
    gecko("mask-a-2", "msk", "Masque", 2.01, contracts={"ethereum": "0x00000000000000000000000000000000000000A1"}),
    gecko("mask-b", "msk", "Masquerade", 2.0, contracts={"ethereum": "0x00000000000000000000000000000000000000b2"}),
    paprika(
        "msk-masque",
        "MSK",
        "Masque",
        2.0,
        cap=1e7,
        contracts={"ethereum": "0x00000000000000000000000000000000000000a1"},
    ),
    paprika("king-king", "KING", "King Finance", 7.0, cap=1e6),
    gecko("king-of-all", "$KING", "King Finance ", 7.0, cap=1e6),
    gecko("litecoin-bep2", "ltc", "Binance-Peg Litecoin", 105, contracts={"binance-smart-chain": LTC_PEG}),
    paprika("ltc-litecoin-peg", "LTCP", "Litecoin Something", contracts={"binance-smart-chain": LTC_PEG}),
]
"""Repetitions of a coin, and contracts that lead astray."""

FILE = """symbol,name,price,time
MIOTA,IOTA,0.3,2025-01-01T12:00:00Z
KCS,KuCoin Shares,11,2024-12-01T12:00:00Z
SOL,SOL,190.5,2025-01-01T13:00:00Z
ADA,ADA,0.9,2024-12-01T12:00:00Z
DOGE,Dogecoin,9.9,2025-01-01T12:00:00Z
HOT,Hot Sauce,0.002,2025-01-01T12:00:00Z
"""
"""What a file says of some of them: an alias, a name that an id spells, no name but the symbol with a price of the time
and without one, a price that is another coin's, a symbol that others have."""


def well_known() -> list[Listed]:
    """Pairs of listings of one coin each."""
    found: list[Listed] = []
    for line in WELL_KNOWN.strip().splitlines():
        one, other, price = (part.strip().split(", ") for part in line.split("|"))
        quote = float(price[0])
        found += [
            gecko(one[0], one[1], one[2], quote, cap=quote * 1e7, supply=1e7),
            paprika(other[0], other[1], other[2], quote * 1.002, cap=quote * 1e7, supply=1e7),
        ]
    return found


def whole_market() -> list[Listed]:
    """All of them."""
    return [*well_known(), *TOKENS, *LOOK_ALIKES, *REPEATED]
