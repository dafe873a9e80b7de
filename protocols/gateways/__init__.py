"""What gateways themselves say, beside the bytes of the meters behind them."""
