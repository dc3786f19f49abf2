"""The sample files that ship, by the hashes of all contents that they ever had: their figures are invented."""

SAMPLES = frozenset(
    {
        "4ac82a046fd015276d1fa704d5e9b642",  # sample_history.csv
        "f3e6c2d945e3c152adc5ab6774745ac6",  # sample_snapshot.csv
        "e692a64cb75605d152bc36e2e0ac62de",  # sample_snapshot.csv, as it was before
    }
)
