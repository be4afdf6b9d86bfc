-- miss: M001
CREATE DATABASE extra;
