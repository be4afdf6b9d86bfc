-- miss: K007
SHOW session_preload_libraries;
