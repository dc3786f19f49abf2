{{ received_rows("coinpaprika") }}
