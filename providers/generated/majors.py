"""The well-known coins, by their true ids, symbols, names and contract addresses at both providers.

Prices and supplies are round figures: only the identities are meant to be true.
"""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["coin", "token", "stable", "wrapped"]


@dataclass(frozen=True)
class Major:
    """A well-known coin. `coinpaprika` is None where only CoinGecko lists it; `follows` names whose price it has."""

    coingecko: str
    coinpaprika: str | None
    symbol: str
    name: str
    price: float
    supply: int
    max_supply: int | None = None
    kind: Kind = "coin"
    paprika_symbol: str = ""
    paprika_name: str = ""
    follows: str = ""
    contracts: dict[str, str] = field(default_factory=dict[str, str])


USDC = {
    "ethereum": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
    "polygon-pos": "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359",
    "solana": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
}
USDT = {"ethereum": "0xdac17f958d2ee523a2206206994597c13d831ec7", "tron": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}

MAJORS = (
    Major("bitcoin", "btc-bitcoin", "btc", "Bitcoin", 97_000.0, 19_950_000, 21_000_000),
    Major("ethereum", "eth-ethereum", "eth", "Ethereum", 3_300.0, 120_700_000),
    Major("tether", "usdt-tether", "usdt", "Tether", 1.0, 140_000_000_000, kind="stable", contracts=USDT),
    Major("ripple", "xrp-xrp", "xrp", "XRP", 2.4, 59_000_000_000, 100_000_000_000),
    Major("binancecoin", "bnb-binance-coin", "bnb", "BNB", 690.0, 144_000_000, 200_000_000,
          paprika_name="Binance Coin"),
    Major("solana", "sol-solana", "sol", "Solana", 190.0, 520_000_000),
    Major("usd-coin", "usdc-usd-coin", "usdc", "USDC", 1.0, 60_000_000_000, kind="stable",
          paprika_name="USD Coin", contracts=USDC),
    Major("dogecoin", "doge-dogecoin", "doge", "Dogecoin", 0.31, 148_000_000_000),
    Major("cardano", "ada-cardano", "ada", "Cardano", 0.9, 35_500_000_000, 45_000_000_000),
    Major("tron", "trx-tron", "trx", "TRON", 0.24, 94_700_000_000),
    Major("staked-ether", "steth-lido-staked-ether", "steth", "Lido Staked Ether", 3_300.0, 9_300_000, kind="wrapped",
    follows="ethereum",
          contracts={"ethereum": "0xae7ab96520de3a18e5e111b5eaab095312d7fe84"}),
    Major("avalanche-2", "avax-avalanche", "avax", "Avalanche", 36.0, 415_000_000, 720_000_000),
    Major("wrapped-bitcoin", "wbtc-wrapped-bitcoin", "wbtc", "Wrapped Bitcoin", 97_000.0, 129_000, kind="wrapped",
    follows="bitcoin",
          contracts={"ethereum": "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"}),
    Major("chainlink", "link-chainlink", "link", "Chainlink", 23.0, 638_000_000, 1_000_000_000, kind="token",
          contracts={"ethereum": "0x514910771af9ca656af840dff83e8264ecf986ca"}),
    Major("the-open-network", "toncoin-the-open-network", "ton", "Toncoin", 5.1, 2_480_000_000),
    Major("shiba-inu", "shib-shiba-inu", "shib", "Shiba Inu", 0.0000205, 589_000_000_000_000, kind="token",
          contracts={"ethereum": "0x95ad61b0a150d79219dcf64e1e6cc01f0b64c4ce"}),
    Major("polkadot", "dot-polkadot", "dot", "Polkadot", 6.3, 1_530_000_000),
    Major("bitcoin-cash", "bch-bitcoin-cash", "bch", "Bitcoin Cash", 430.0, 19_800_000, 21_000_000),
    Major("litecoin", "ltc-litecoin", "ltc", "Litecoin", 115.0, 75_400_000, 84_000_000),
    Major("stellar", "xlm-stellar", "xlm", "Stellar", 0.42, 30_600_000_000, 50_001_806_812),
    Major("hedera-hashgraph", "hbar-hedera-hashgraph", "hbar", "Hedera", 0.29, 38_200_000_000, 50_000_000_000,
          paprika_name="Hedera Hashgraph"),
    Major("uniswap", "uni-uniswap", "uni", "Uniswap", 12.8, 600_000_000, 1_000_000_000, kind="token",
          contracts={"ethereum": "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"}),
    Major("leo-token", "leo-leo-token", "leo", "LEO Token", 9.2, 924_000_000, kind="token",
          contracts={"ethereum": "0x2af5d2ad76741191d15dfe7bf6ac92d4bd912ca3"}),
    Major("dai", "dai-dai", "dai", "Dai", 1.0, 3_400_000_000, kind="stable",
          contracts={"ethereum": "0x6b175474e89094c44da98b954eedeac495271d0f"}),
    Major("weth", "weth-weth", "weth", "WETH", 3_300.0, 2_900_000, kind="wrapped", follows="ethereum",
          contracts={"ethereum": "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"}),
    Major("pepe", "pepe-pepe", "pepe", "Pepe", 0.0000176, 420_690_000_000_000, 420_690_000_000_000, kind="token",
          contracts={"ethereum": "0x6982508145454ce325ddbe47a25d4ec3d2311933"}),
    Major("monero", "xmr-monero", "xmr", "Monero", 205.0, 18_446_744),
    Major("near", "near-near-protocol", "near", "NEAR Protocol", 5.0, 1_170_000_000),
    Major("aptos", "apt-aptos", "apt", "Aptos", 8.7, 560_000_000),
    Major("internet-computer", "icp-internet-computer", "icp", "Internet Computer", 9.9, 478_000_000),
    Major("ethereum-classic", "etc-ethereum-classic", "etc", "Ethereum Classic", 26.0, 150_000_000, 210_700_000),
    Major("aave", "aave-new", "aave", "Aave", 310.0, 15_000_000, 16_000_000, kind="token",
          contracts={"ethereum": "0x7fc66500c84a76ad7e9c93437bfc5ac33e2ddae9"}),
    Major("crypto-com-chain", "cro-cryptocom-chain", "cro", "Cronos", 0.14, 27_000_000_000, 30_000_000_000,
          paprika_name="Crypto.com Coin", contracts={"ethereum": "0xa0b73e1ff0b80914ab6fe0444e65848c4c34450b"}),
    Major("vechain", "vet-vechain", "vet", "VeChain", 0.046, 80_985_041_177, 86_712_634_466),
    Major("matic-network", "matic-polygon", "matic", "Polygon", 0.45, 8_500_000_000, 10_000_000_000, kind="token",
          contracts={"ethereum": "0x7d1afa7b718fb893db30a3abc0cfc608aacfebb0"}),
    Major("algorand", "algo-algorand", "algo", "Algorand", 0.36, 8_350_000_000, 10_000_000_000),
    Major("cosmos", "atom-cosmos", "atom", "Cosmos Hub", 6.3, 391_000_000, paprika_name="Cosmos"),
    Major("filecoin", "fil-filecoin", "fil", "Filecoin", 5.0, 620_000_000, 1_958_000_000),
    Major("okb", "okb-okb", "okb", "OKB", 48.0, 60_000_000, 300_000_000, kind="token",
          contracts={"ethereum": "0x75231f58b43240c9718dd58b4967c5114342a86c"}),
    Major("the-graph", "grt-the-graph", "grt", "The Graph", 0.19, 9_550_000_000, kind="token",
          contracts={"ethereum": "0xc944e90c64b2c07662a292be6244bdf05cda44a7"}),
    Major("maker", "mkr-maker", "mkr", "Maker", 1_350.0, 880_000, 1_005_577, kind="token",
          contracts={"ethereum": "0x9f8f72aa9304c8b593d555f12ef6589cc3a579a2"}),
    Major("tezos", "xtz-tezos", "xtz", "Tezos", 1.2, 1_020_000_000),
    Major("iota", "miota-iota", "iota", "IOTA", 0.28, 3_600_000_000, 4_600_000_000, paprika_symbol="miota"),
    Major("binance-bitcoin", None, "btcb", "Binance Bitcoin", 97_000.0, 65_000, kind="wrapped", follows="bitcoin",
          contracts={"binance-smart-chain": "0x7130d2a12b9bcbfae4f2634d864a1ee1ce3ead9c"}),
    Major("polygon-bridged-usdt-polygon", None, "usdt", "Polygon Bridged USDT (Polygon)", 1.0, 900_000_000,
    kind="wrapped",
          follows="tether", contracts={"polygon-pos": "0xc2132d05d31c914a87c6611c10748aeb04b58e8f"}),
    Major("binance-peg-dogecoin", None, "doge", "Binance-Peg Dogecoin", 0.31, 1_500_000_000, kind="wrapped",
    follows="dogecoin",
          contracts={"binance-smart-chain": "0xba2ae424d960c26247dd6c32edc70b295c744c43"}),
)  # fmt: skip
