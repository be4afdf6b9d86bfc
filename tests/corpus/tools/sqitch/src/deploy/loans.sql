-- Deploy library:loans to pg
-- requires: books

BEGIN;

CREATE TABLE library.loans (
    book_id BIGINT NOT NULL REFERENCES library.books (id) ON DELETE CASCADE,
    reader  TEXT NOT NULL,
    period  TSRANGE NOT NULL
);
CREATE OR REPLACE FUNCTION library.lend(book BIGINT, who TEXT) RETURNS VOID LANGUAGE SQL AS $$
    INSERT INTO library.loans VALUES ($1, $2, tsrange(localtimestamp, NULL));
$$;

COMMIT;
