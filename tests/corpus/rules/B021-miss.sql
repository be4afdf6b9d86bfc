-- miss: B021 error=42P01
DROP TABLE public."CASCADE";
