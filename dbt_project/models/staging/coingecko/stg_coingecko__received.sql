{{ received_rows("coingecko") }}
