DROP TABLE api_keys;
DROP TABLE password_links;
DROP TABLE users;
