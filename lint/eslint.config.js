// What the pages' modules must keep to, beyond their types.

import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

const MARKUP = "Text may have been typed by anybody: build elements with el() of dom.js.";
const TEXT_IS_CODE = "The content security policy forbids what makes code of text.";

export default defineConfig({
  files: ["**/pages/**/assets/*.js"],
  extends: [js.configs.recommended, typescript.configs.strictTypeChecked],
  languageOptions: {
    parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname },
  },
  linterOptions: { reportUnusedDisableDirectives: "error", reportUnusedInlineConfigs: "error" },
  rules: {
    "no-undef": "off", // the type check knows the names of browsers
    "no-restricted-properties": [
      "error",
      ...[
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "setHTMLUnsafe",
        "createContextualFragment",
      ].map((property) => ({ property, message: MARKUP })),
      ...["write", "writeln"].map((property) => ({
        object: "document",
        property,
        message: MARKUP,
      })),
    ],
    "no-restricted-globals": ["error", { name: "alert", message: "Use dialog.js." }, "event"],
    "no-restricted-syntax": [
      "error",
      {
        selector: "AssignmentExpression[left.property.name=/^on[a-z]+$/][right.type='Literal']",
        message: TEXT_IS_CODE,
      },
    ],
    "no-eval": "error",
    "no-implied-eval": "off", // the next one knows the types
    "@typescript-eslint/no-implied-eval": "error",
    "no-new-func": "error",
    "no-script-url": "error",
    eqeqeq: "error",
    "max-lines": ["error", 250],
    "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }],
    "no-console": "error",
    "no-var": "error",
    "object-shorthand": "error",
    "prefer-const": "error",
    "prefer-template": "error",
    "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    // The JSON of our own server is typed where it is used; tsc checks what is done with it.
    "@typescript-eslint/no-unsafe-assignment": "off",
    "@typescript-eslint/no-unsafe-member-access": "off",
    "@typescript-eslint/no-unsafe-argument": "off",
    "@typescript-eslint/no-unsafe-return": "off",
    "@typescript-eslint/no-unsafe-call": "off",
  },
});
