/** Version of the package, for reports; a test holds it against package.json. */
export const PACKAGE_VERSION = '0.1.0';
