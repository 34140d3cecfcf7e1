"""The photos of the first start's menu, drawn as SVG and rendered."""
