-- Verify library:loans on pg

SELECT has_function_privilege('library.lend(bigint, text)', 'execute');
