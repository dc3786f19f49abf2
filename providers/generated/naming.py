"""Names, symbols and contract addresses for invented coins."""

from random import Random

from providers.generated.assets import CHAINS

FIRST = """
    Amber Anvil Arbor Astra Aurora Basil Beacon Birch Bolt Cedar Cinder Citrus Cobalt Comet Coral Crane Cypress Delta
    Drift Echo Ember Falcon Fathom Fern Flint Forge Frost Galaxy Garnet Glacier Granite Harbor Hazel Helix Heron
    Indigo Iris Jade Juniper Kestrel Lantern Lark Lotus Lumen Lynx Maple Marble Meadow Meteor Mint Mosaic Nebula
    Nimbus Nova Oak Onyx Opal Orbit Orchid Otter Panda Pebble Pepper Pine Pixel Plume Prism Pulse Quartz Quill Raven
    Reef Ripple Robin Rune Saffron Sage Sable Sierra Silver Slate Solstice Sparrow Spruce Summit Tango Tempo Thistle
    Tidal Topaz Tulip Umber Vector Velvet Vertex Violet Willow Wren Yarrow Zenith Zephyr
""".split()
SECOND = """
    Arena Art Bank Bot Bridge Cash Chain Cloud Club Coin Credit Dao Data Dex Dog Earn Energy Farm Flow Fund Game Gate
    Gold Grid Guild Hash Hub Inu Key Lab Land Layer Lend Link Loop Mesh Mind Moon Name Nest Net Node Oracle Park Pass
    Pay Peer Play Port Power Proof Quest Rocket Shard Share Ship Spot Stake Star Storage Stream Street Swap Switch
    Token Trade Vault Verse Wallet Wave Yield
""".split()
THIRD = (*[""] * 4, "Protocol", "Finance", "Network", "AI", "Token", "DAO", "Classic", "2.0", "X", "V2", "Cash", "One")
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_name(chance: Random) -> str:
    """Two or three words, such as `Kestrel Swap` or `Otter Vault Protocol`."""
    return " ".join(filter(None, (chance.choice(FIRST), chance.choice(SECOND), chance.choice(THIRD))))


def new_symbol(name: str, taken: set[str], chance: Random) -> str:
    """A symbol for the name that nobody has yet; it joins those taken. One in 200 has a blank in it, as in life."""
    words = name.lower().replace(".", "").split()
    letters = "".join(words)
    if chance.random() < 0.005 and " ".join(words[:2]) not in taken:
        symbol = " ".join(words[:2])
    else:
        candidates = [
            "".join(word[0] for word in words),
            letters[:3],
            words[0][:4],
            words[0][:3] + words[1][0],
            letters[:5],
        ]
        free = [candidate for candidate in candidates if len(candidate) > 2 and candidate not in taken]
        symbol = free[0] if free else letters[:4]
        while symbol in taken:
            symbol = letters[:3] + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=len(symbol) - 2))
    taken.add(symbol)
    return symbol


def other_name(name: str, chance: Random) -> str:
    """The same name as another provider may write it."""
    words = name.split()
    if words[-1] in THIRD:
        return " ".join(words[:-1])
    return chance.choice((f"{name} Token", f"{name} Protocol", "".join(words), name.upper(), f"{name} (new)"))


def new_address(chain: str, chance: Random) -> str:
    """A contract address in the format of the chain."""
    match chain:
        case "solana":
            return "".join(chance.choices(BASE58, k=44))
        case "tron":
            return "T" + "".join(chance.choices(BASE58, k=33))
        case _:
            return f"0x{chance.getrandbits(160):040x}"


def new_contracts(chance: Random) -> dict[str, str]:
    """Addresses on one to three chains; on Ethereum's kin the same address more often than not."""
    chains = chance.choices(
        list(CHAINS), weights=(55, 22, 8, 9, 3, 3), k=chance.choices((1, 2, 3), weights=(80, 15, 5))[0]
    )
    shared = new_address("ethereum", chance)
    return {
        chain: new_address(chain, chance) if chain in ("solana", "tron") or chance.random() < 0.4 else shared
        for chain in chains
    }
