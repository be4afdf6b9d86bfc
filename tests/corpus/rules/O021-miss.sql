-- miss: O021
SET default_transaction_read_only = off;
