-- class: destructive
-- other attributes
ALTER FUNCTION app.add(int, int) VOLATILE SECURITY DEFINER;
