-- near: A094
ALTER TYPE app.mood SET SCHEMA public;
