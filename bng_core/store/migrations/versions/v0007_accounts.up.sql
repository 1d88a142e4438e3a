CREATE TABLE users (
    login text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL CONSTRAINT role_known CHECK (
        role IN ('end_user', 'promoter', 'handler', 'analyst', 'admin')
    ),
    promoter text REFERENCES promoters,
    password_hash text CONSTRAINT password_is_hashed CHECK (password_hash LIKE '$argon2id$%'),
    tries integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT login_in_lower_case CHECK (login = lower(login) AND login <> ''),
    CONSTRAINT promoters_have_one CHECK ((role = 'promoter') = (promoter IS NOT NULL))
);
CREATE INDEX ix_users_promoter ON users (promoter);

-- Codes and secrets are kept as hashes only.
CREATE TABLE password_links (
    code_sha256 text PRIMARY KEY,
    login text NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX ix_password_links_login ON password_links (login);

CREATE TABLE api_keys (
    key_id text PRIMARY KEY,
    secret_sha256 text NOT NULL,
    login text NOT NULL REFERENCES users,
    label text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    last_used_at timestamptz
);
CREATE INDEX ix_api_keys_login ON api_keys (login);
