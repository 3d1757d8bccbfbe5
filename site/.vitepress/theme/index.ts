import DefaultTheme from "vitepress/theme";
import "./sessions.css";

export default DefaultTheme;
